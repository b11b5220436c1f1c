/** What the page knows, and how each thing that happens changes it. Pure: no clock, no chance, no document. */
import type { Knob, Settings } from './knobs';
import { DEFAULTS } from './knobs';
import type { Answer, Refusal, ServerEvent } from './protocol';

/** idle, asked (sent, not yet answered), writing, stopping (cancel is sent). */
export type Phase = 'idle' | 'asked' | 'writing' | 'stopping';
export type Link = 'connecting' | 'open' | 'lost';
export type Ask = 'generate' | 'regenerate' | 'continue';

/** The text on the desk: a prompt and what the model wrote after it. */
export interface Text {
  /** Another number for each new text; going on keeps it. */
  readonly serial: number;
  readonly prompt: string;
  readonly completion: string;
  readonly responseId: string | null;
  readonly seed: number | null;
}

/** How fast the running or the last response was written. */
export interface Pace {
  readonly since: number;
  readonly shownAt: number;
  readonly characters: number;
  readonly perSecond: number | null;
}

/** A sentence beside the thing it is about. */
export interface Notice {
  readonly where: 'prompt' | 'text' | Knob;
  readonly sentence: string;
}

export interface State {
  readonly prompt: string;
  readonly settings: Settings;
  readonly text: Text | null;
  readonly phase: Phase;
  readonly link: Link;
  /** What was asked and is not yet begun. */
  readonly pending: { readonly ask: Ask; readonly prompt: string } | null;
  readonly pace: Pace;
  readonly notice: Notice | null;
  /** The one line that says what is going on, also to a screen reader. */
  readonly status: string;
}

export type Action =
  | { readonly type: 'prompt typed'; readonly prompt: string }
  | { readonly type: 'setting typed'; readonly knob: Knob; readonly value: string }
  | { readonly type: 'settings restored' }
  | { readonly type: 'asked'; readonly ask: Ask; readonly prompt: string }
  | { readonly type: 'stop asked' }
  | { readonly type: 'stop unanswered' }
  | { readonly type: 'received'; readonly event: ServerEvent; readonly at: number }
  | { readonly type: 'link opened' }
  | { readonly type: 'link lost'; readonly reason: string }
  | { readonly type: 'noticed'; readonly notice: Notice }
  | { readonly type: 'said'; readonly status: string };

const STILL: Pace = { since: 0, shownAt: 0, characters: 0, perSecond: null };
const PACE_SHOWN_EVERY_MS = 300;

export function initial(): State {
  return {
    prompt: '', settings: DEFAULTS, text: null, phase: 'idle', link: 'connecting', pending: null, pace: STILL,
    notice: null, status: '',
  };
}

export function isBusy(state: State): boolean {
  return state.phase !== 'idle';
}

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'prompt typed':
      return { ...state, prompt: action.prompt, notice: without('prompt', state.notice) };
    case 'setting typed':
      return {
        ...state,
        settings: { ...state.settings, [action.knob]: action.value },
        notice: without(action.knob, state.notice),
      };
    case 'settings restored':
      return { ...state, settings: DEFAULTS, notice: state.notice?.where === 'text' ? state.notice : null };
    case 'asked':
      return {
        ...state, phase: 'asked', pending: { ask: action.ask, prompt: action.prompt }, pace: STILL, notice: null,
        status: 'Asking the model\u2026',
      };
    case 'stop asked':
      return isBusy(state) ? { ...state, phase: 'stopping', status: 'Stopping\u2026' } : state;
    case 'stop unanswered':
      return state.phase === 'stopping' ? ended(state, 'Stopped.') : state;
    case 'received':
      return received(state, action.event, action.at);
    case 'link opened':
      return { ...state, link: 'open', status: state.link === 'lost' ? 'Connected again.' : state.status || 'Ready.' };
    case 'link lost':
      return unlinked(state, action.reason);
    case 'noticed':
      return { ...state, notice: action.notice };
    case 'said':
      return { ...state, status: action.status };
  }
}

function received(state: State, event: ServerEvent, at: number): State {
  if (!isBusy(state)) return state;
  switch (event.type) {
    case 'response.created':
      return begun(state, event.response);
    case 'response.in_progress':
    case 'response.output_text.done':
      return state;
    case 'response.output_text.delta':
      return written(state, event.delta, at);
    case 'response.completed':
    case 'response.incomplete':
      return finished(state, event.response);
    case 'response.failed':
      return failed(state, event.response.error?.message ?? 'The model could not go on.');
    case 'error':
      return refused(state, event.error);
    default:
      return state; // an event of a newer server
  }
}

function begun(state: State, answer: Answer): State {
  const { pending, text } = state;
  if (pending === null) return state;
  const from = { responseId: answer.id, seed: answer.seed ?? null };
  const goesOn = pending.ask === 'continue' && text !== null;
  return {
    ...state,
    text: goesOn
      ? { ...text, ...from }
      : { serial: (text?.serial ?? 0) + 1, prompt: pending.prompt, completion: '', ...from },
    phase: state.phase === 'stopping' ? 'stopping' : 'writing',
    pending: null,
    status: state.phase === 'stopping' ? state.status : 'Writing\u2026',
  };
}

function written(state: State, delta: string, at: number): State {
  if (state.text === null) return state;
  const text = { ...state.text, completion: state.text.completion + delta };
  return { ...state, text, pace: faster(state.pace, [...delta].length, at) };
}

/** Counts from the first characters on, so that waiting for them is not counted as writing. */
function faster(pace: Pace, characters: number, at: number): Pace {
  if (pace.since === 0) return { since: at, shownAt: at, characters, perSecond: null };
  const all = pace.characters + characters;
  if (at - pace.shownAt < PACE_SHOWN_EVERY_MS) return { ...pace, characters: all };
  return { ...pace, characters: all, shownAt: at, perSecond: (all * 1000) / (at - pace.since) };
}

function finished(state: State, answer: Answer): State {
  const count = `${state.pace.characters.toLocaleString('en')} ${state.pace.characters === 1 ? 'character' : 'characters'}`;
  const cancelled = answer.incomplete_details?.reason === 'cancelled';
  const perSecond = answer.tokens_per_second ?? state.pace.perSecond;
  return {
    ...ended(state, cancelled ? `Stopped after ${count}.` : `Wrote ${count}.`),
    pace: { ...state.pace, perSecond },
  };
}

function failed(state: State, sentence: string): State {
  return { ...ended(state, ''), notice: { where: 'text', sentence } };
}

const PLACES: Readonly<Record<string, Notice['where']>> = {
  input: 'prompt', temperature: 'temperature', top_k: 'topK', top_p: 'topP', max_output_tokens: 'length', seed: 'seed',
};

function refused(state: State, refusal: Refusal): State {
  const where = PLACES[refusal.param ?? ''] ?? 'text';
  const place = where === 'prompt' && state.pending?.ask !== 'generate' ? 'text' : where;
  return { ...ended(state, ''), notice: { where: place, sentence: refusal.message } };
}

function unlinked(state: State, reason: string): State {
  const status = reason === '' ? 'Connection lost. Trying again\u2026' : `${reason} Trying again\u2026`;
  if (!isBusy(state)) return { ...state, link: 'lost', status };
  const sentence =
    state.pending === null
      ? 'The connection was lost while the model was writing. The text so far is kept; Continue goes on from here.'
      : 'The connection was lost before the model began. Nothing was written.';
  return { ...ended(state, status), link: 'lost', notice: { where: 'text', sentence } };
}

function ended(state: State, status: string): State {
  return { ...state, phase: 'idle', pending: null, status };
}

function without(where: Notice['where'], notice: Notice | null): Notice | null {
  return notice?.where === where ? null : notice;
}
