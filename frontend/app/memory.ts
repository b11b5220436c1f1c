/** What survives a reload: the prompt, the settings, the texts and a response that is under way, in this browser only. */
import { DEFAULTS, KNOBS } from './knobs';
import type { Settings } from './knobs';
import type { Odds } from './odds';
import type { Stream } from './protocol';
import type { State, Text } from './state';
import { initial, isBusy } from './state';
import { interrupted } from './stream';

const KEY = 'tinylm.desk';
const CUT = 'The page was closed while the model was writing. Continue goes on from here.';

/** Keeps what a lost page would need; the probabilities, which are long, only once the text has come to its end. */
export function remember(state: State): void {
  if (isBusy(state)) keep(state, []);
  else rememberAll(state);
}

/** Keeps everything; the probabilities only where there is room for them. */
export function rememberAll(state: State): void {
  if (!keep(state, state.text?.odds ?? [])) keep(state, []);
}

function keep({ prompt, settings, lenses, text, earlier, stream, phase }: State, odds: Text['odds']): boolean {
  const texts = { text: text && { ...text, odds }, earlier: earlier.map((left) => ({ ...left, odds: [] })) };
  const cut = phase !== 'idle';
  try {
    sessionStorage.setItem(KEY, String(cut));
    localStorage.setItem(KEY, JSON.stringify({ prompt, settings, lenses, ...texts, stream, cut }));
    return true;
  } catch {
    return false; // storage is full or forbidden: the page works without a memory
  }
}

function wasHere(): boolean {
  try {
    return sessionStorage.getItem(KEY) === 'true';
  } catch {
    return false;
  }
}

/** The desk as it was left. A response that this tab was reading goes on; another tab may still be reading its own. */
export function recall(): State {
  const kept = stored();
  const text = textIn(kept['text']);
  const lenses = objectIn(kept['lenses']);
  const state: State = {
    ...initial(), prompt: stringIn(kept['prompt']), settings: settingsIn(kept['settings']), text,
    lenses: { probabilities: lenses['probabilities'] === true, colours: lenses['colours'] === true },
    earlier: listIn(kept['earlier']).map(textIn).filter((earlier) => earlier !== null),
  };
  if (text === null || kept['cut'] !== true) return state;
  const stream = streamIn(kept['stream']);
  if (stream === null || !wasHere()) return { ...state, notice: { where: 'text', sentence: CUT } };
  return interrupted({ ...state, stream }, 0, 'Reloaded');
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
  const { prompt, completion, odds, responseId, seed } = objectIn(value);
  if (typeof prompt !== 'string' || typeof completion !== 'string') return null;
  return {
    serial: 1, prompt, completion,
    odds: listIn(odds).map(oddsIn),
    responseId: typeof responseId === 'string' ? responseId : null,
    seed: typeof seed === 'number' ? seed : null,
  };
}

function oddsIn(value: unknown): Odds | null {
  const { logprob, alternatives } = objectIn(value);
  return typeof logprob === 'number' ? { logprob, alternatives: listIn(alternatives) as Odds['alternatives'] } : null;
}

function streamIn(value: unknown): Stream | null {
  const { ticket, sequence, from } = objectIn(value);
  if (typeof ticket !== 'string' || typeof sequence !== 'number' || typeof from !== 'number') return null;
  return { ticket, sequence, from };
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function objectIn(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function stringIn(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : otherwise;
}
