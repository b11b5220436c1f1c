/** How each thing that happens changes what the page knows. Pure: no clock, no chance, no document. */
import type { Knob } from './knobs';
import { DEFAULTS } from './knobs';
import type { ServerEvent } from './protocol';
import type { Ask, Lens, Mark, Notice, State } from './state';
import { STILL, isBusy } from './state';
import { ended, linked, received, unlinked } from './stream';

export type Action =
  | { readonly type: 'prompt typed'; readonly prompt: string }
  | { readonly type: 'setting typed'; readonly knob: Knob; readonly value: string }
  | { readonly type: 'settings restored' }
  | { readonly type: 'lens switched'; readonly lens: Lens; readonly on: boolean }
  | { readonly type: 'marked'; readonly mark: Mark | null }
  | { readonly type: 'asked'; readonly ask: Ask; readonly prompt: string }
  | { readonly type: 'went back' }
  | { readonly type: 'stop asked' }
  | { readonly type: 'stop unanswered' }
  | { readonly type: 'received'; readonly event: ServerEvent; readonly at: number }
  | { readonly type: 'link opened' }
  | { readonly type: 'link lost'; readonly reason: string; readonly at: number }
  | { readonly type: 'noticed'; readonly notice: Notice }
  | { readonly type: 'said'; readonly status: string };

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
    case 'lens switched':
      return { ...state, lenses: switched(state.lenses, action.lens, action.on), mark: null };
    case 'marked':
      return { ...state, mark: action.mark };
    case 'asked':
      return {
        ...state, phase: 'asked', pending: { ask: action.ask, prompt: action.prompt }, stream: null, gap: null,
        mark: null, pace: STILL, notice: null, status: 'Asking the model\u2026',
      };
    case 'went back':
      return isBusy(state) ? state : back(state);
    case 'stop asked':
      return isBusy(state) ? { ...state, phase: 'stopping', status: 'Stopping\u2026' } : state;
    case 'stop unanswered':
      return state.phase === 'stopping' ? ended(state, 'Stopped.') : state;
    case 'received':
      return received(state, action.event, action.at);
    case 'link opened':
      return linked(state);
    case 'link lost':
      return unlinked(state, action.reason, action.at);
    case 'noticed':
      return { ...state, notice: action.notice };
    case 'said':
      return { ...state, status: action.status };
  }
}

/** Colours are made of probabilities: they come on with them, and go off with them. */
function switched(lenses: State['lenses'], lens: Lens, on: boolean): State['lenses'] {
  if (lens === 'colours') return { probabilities: lenses.probabilities || on, colours: on };
  return { probabilities: on, colours: lenses.colours && on };
}

function back(state: State): State {
  const text = state.earlier.at(-1);
  if (text === undefined) return state;
  return {
    ...state, text: { ...text, serial: state.text!.serial + 1 }, earlier: state.earlier.slice(0, -1), mark: null,
    pace: STILL, notice: null, status: 'This is the earlier text again.',
  };
}

function without(where: Notice['where'], notice: Notice | null): Notice | null {
  return notice?.where === where ? null : notice;
}
