/** What survives a reload: the prompt, the settings and the last text, in this browser only. */
import { DEFAULTS, KNOBS } from './knobs';
import type { Settings } from './knobs';
import type { State, Text } from './state';
import { initial, isBusy } from './state';

const KEY = 'tinylm.desk';

export function remember(state: State): void {
  const kept = { prompt: state.prompt, settings: state.settings, text: state.text, cut: isBusy(state) };
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // storage is full or forbidden: the page works without a memory
  }
}

export function recall(): State {
  const kept = stored();
  const text = textIn(kept['text']);
  const state = { ...initial(), prompt: stringIn(kept['prompt']), settings: settingsIn(kept['settings']), text };
  if (text === null || kept['cut'] !== true) return state;
  const sentence = 'The page was closed while the model was writing. Continue goes on from here.';
  return { ...state, notice: { where: 'text', sentence } };
}

function stored(): Record<string, unknown> {
  try {
    return objectIn(JSON.parse(localStorage.getItem(KEY) ?? '{}'));
  } catch {
    return {};
  }
}

function settingsIn(value: unknown): Settings {
  const settings = objectIn(value);
  const pairs = KNOBS.map((knob) => [knob, stringIn(settings[knob], DEFAULTS[knob])]);
  return Object.fromEntries(pairs) as Settings;
}

function textIn(value: unknown): Text | null {
  const { prompt, completion, responseId, seed } = objectIn(value);
  if (typeof prompt !== 'string' || typeof completion !== 'string') return null;
  return {
    serial: 1, prompt, completion,
    responseId: typeof responseId === 'string' ? responseId : null,
    seed: typeof seed === 'number' ? seed : null,
  };
}

function objectIn(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function stringIn(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : otherwise;
}
