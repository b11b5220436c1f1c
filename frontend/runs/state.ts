/** What the page knows. */
import type { Texts } from './corpora';
import { NO_TEXTS } from './corpora';
import type { Typed } from './fields';
import type { Config, Corpus, Evaluation, Kept, Preset, Refusal, Run, Sample, Step } from './protocol';

export type Link = 'connecting' | 'open' | 'lost';
export type Axis = 'steps' | 'minutes';

/** How many colours there are for the runs in a chart. */
export const INKS = 6;

/** The name of the form among the things that can be chosen. */
export const NEW = 'new';

/** And that of the schedules. */
export const SCHEDULES = 'schedules';

/** What a run measured so far. */
export interface History {
  readonly steps: readonly Step[];
  readonly evaluations: readonly Evaluation[];
  /** No step up to this one is missing. */
  readonly knownTo: number;
  /** Whether nothing is missing after it either. */
  readonly isWhole: boolean;
}

/** A run that is not yet asked for. */
export interface Draft {
  /** The run whose config it begins with, in place of the preset's. */
  readonly original: Run | null;
  readonly preset: string;
  readonly corpus: string;
  readonly name: string;
  readonly typed: Typed;
  /** Of how many combinations of several values, chosen at random, there shall be a run; empty for all. */
  readonly sample: string;
  readonly unfolded: boolean;
  /** Sentences about empty or wrong values wait for the first attempt, except where something was typed. */
  readonly sending: boolean;
  readonly refusal: Refusal | null;
}

export interface State {
  /** Newest first; null until the server told them. */
  readonly runs: readonly Run[] | null;
  readonly presets: readonly Preset[];
  readonly measuring: boolean;
  readonly measuredAt: string | null;
  readonly corpora: readonly Corpus[];
  readonly texts: Texts;
  /** A run's id, or the form; empty when the address names nothing. */
  readonly chosen: string;
  readonly compared: readonly string[];
  readonly histories: Readonly<Record<string, History>>;
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
  readonly checkpoints: Readonly<Record<string, readonly Kept[]>>;
  readonly log: string | null;
  readonly axis: Axis;
  readonly draft: Draft;
  /** By how many steps to extend, as typed. */
  readonly more: string;
  /** Whether it shall be said once more that the chosen run is to be cancelled. */
  readonly confirming: boolean;
  /** Why the last press of a button on the chosen run did nothing. */
  readonly refusal: Refusal | null;
  readonly link: Link;
  /** Why the connection is lost, where that is known. */
  readonly reason: string;
}

export const NOTHING: History = { steps: [], evaluations: [], knownTo: -1, isWhole: false };

export const BLANK: Draft = {
  original: null, preset: '', corpus: '', name: '', typed: {}, sample: '', unfolded: false, sending: false, refusal: null,
};

export function initial(chosen: string, compared: readonly string[]): State {
  return {
    runs: null, presets: [], measuring: false, measuredAt: null, corpora: [], texts: NO_TEXTS, chosen, compared,
    histories: {}, samples: {}, checkpoints: {}, log: null, axis: 'steps',
    draft: BLANK, more: '500', confirming: false, refusal: null, link: 'connecting', reason: '',
  };
}

/** The run to look at: the chosen one, or the newest while nothing is chosen. */
export function current({ runs, chosen }: State): Run | null {
  if (chosen === NEW || chosen === SCHEDULES) return null;
  return runs?.find((run) => run.id === chosen) ?? (chosen === '' ? runs?.[0] : undefined) ?? null;
}

/** The runs in the charts, the current one first. */
export function charted(state: State): readonly Run[] {
  const first = current(state);
  if (first === null) return [];
  return [first, ...(state.runs ?? []).filter((run) => run !== first && state.compared.includes(run.id))];
}

/** What the form begins with, and what that is called. */
export function baseOf(state: State): { readonly name: string; readonly config: Config } | null {
  const { original } = state.draft;
  return original === null ? presetOf(state) : { name: original.name || original.id, config: original.config };
}

export function presetOf({ presets, draft }: State): Preset | null {
  return presets.find((preset) => preset.name === draft.preset) ?? presets[0] ?? null;
}
