/** What the page knows. */
import type { Knob, Settings } from './knobs';
import { DEFAULTS } from './knobs';
import type { Odds } from './odds';
import type { Stream } from './protocol';

/** idle, asked (sent, not yet answered), writing, resuming (the connection is lost, the text goes on), stopping. */
export type Phase = 'idle' | 'asked' | 'writing' | 'resuming' | 'stopping';
export type Link = 'connecting' | 'open' | 'lost';
export type Ask = 'generate' | 'regenerate' | 'continue' | 'branch';

/** The text on the desk: a prompt and what the model wrote after it. */
export interface Text {
  /** Another number for each new text; going on keeps it. */
  readonly serial: number;
  readonly prompt: string;
  readonly completion: string;
  /** For each character of the completion, as far as they were asked for; shorter when the rest was not. */
  readonly odds: readonly (Odds | null)[];
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

/** When the connection was lost under a response, and how long it then took to go on, once it did. */
export interface Gap {
  readonly since: number;
  readonly seconds: number | null;
}

/** A sentence beside the thing it is about. */
export interface Notice {
  readonly where: 'prompt' | 'text' | Knob;
  readonly sentence: string;
}

/** What the reader wants to see of the model's probabilities. */
export type Lens = 'probabilities' | 'colours';

/** The character of the completion that is looked at: held by a click or the keyboard, or only under the pointer. */
export interface Mark {
  readonly at: number;
  readonly held: boolean;
}

export interface State {
  readonly prompt: string;
  readonly settings: Settings;
  readonly lenses: Readonly<Record<Lens, boolean>>;
  readonly text: Text | null;
  /** The texts that were left for a branch, the last one last. */
  readonly earlier: readonly Text[];
  readonly mark: Mark | null;
  readonly phase: Phase;
  readonly link: Link;
  /** What was asked and is not yet begun. */
  readonly pending: { readonly ask: Ask; readonly prompt: string } | null;
  /** What a lost response is gone on with; null when none is under way. */
  readonly stream: Stream | null;
  readonly gap: Gap | null;
  readonly pace: Pace;
  readonly notice: Notice | null;
  /** The one line that says what is going on, also to a screen reader. */
  readonly status: string;
}

export const STILL: Pace = { since: 0, shownAt: 0, characters: 0, perSecond: null };

export function initial(): State {
  return {
    prompt: '', settings: DEFAULTS, lenses: { probabilities: false, colours: false }, text: null, earlier: [], mark: null,
    phase: 'idle', link: 'connecting', pending: null, stream: null, gap: null, pace: STILL, notice: null, status: '',
  };
}

export function isBusy(state: State): boolean {
  return state.phase !== 'idle';
}
