/** How each thing that happens changes what the page knows. Pure: no clock, no chance, no document. */
import type { Field } from './fields';
import type { Texts } from './corpora';
import type { Corpora, Frame, Kept, Metrics, Presets, Refusal, Run, Sample } from './protocol';
import type { Axis, Draft, History, State } from './state';
import { BLANK, NOTHING } from './state';

export type Action =
  | { readonly type: 'runs listed'; readonly runs: readonly Run[] }
  | { readonly type: 'presets listed'; readonly presets: Presets }
  | { readonly type: 'corpora listed'; readonly corpora: Corpora }
  | { readonly type: 'texts told'; readonly texts: Partial<Texts> }
  | { readonly type: 'run told'; readonly run: Run }
  | { readonly type: 'received'; readonly frame: Frame }
  | { readonly type: 'history loaded'; readonly run: string; readonly metrics: Metrics }
  | { readonly type: 'samples loaded'; readonly run: string; readonly samples: readonly Sample[] }
  | { readonly type: 'checkpoints loaded'; readonly run: string; readonly checkpoints: readonly Kept[] }
  | { readonly type: 'log opened'; readonly open: boolean }
  | { readonly type: 'log loaded'; readonly text: string }
  | { readonly type: 'chosen'; readonly chosen: string }
  | { readonly type: 'compared'; readonly run: string; readonly on: boolean }
  | { readonly type: 'axis switched'; readonly axis: Axis }
  | { readonly type: 'drafted'; readonly draft: Partial<Draft> }
  | { readonly type: 'field typed'; readonly field: Field; readonly value: string }
  | { readonly type: 'cloned'; readonly run: Run }
  | { readonly type: 'more typed'; readonly more: string }
  | { readonly type: 'confirming'; readonly on: boolean }
  | { readonly type: 'refused'; readonly refusal: Refusal | null }
  | { readonly type: 'link opened' }
  | { readonly type: 'link lost'; readonly reason: string };

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'runs listed': {
      const known = state.runs ?? [];
      const others = action.runs.filter((run) => known.every(({ id }) => id !== run.id));
      return { ...state, runs: [...known, ...others].sort(newestFirst) };
    }
    case 'presets listed':
      return {
        ...state, presets: action.presets.data, measuring: action.presets.isMeasuring,
        measuredAt: action.presets.measuredAt ?? null,
      };
    case 'corpora listed':
      return {
        ...state, corpora: action.corpora.data, texts: { ...state.texts, mostBytes: action.corpora.mostBytes },
      };
    case 'texts told':
      return { ...state, texts: { ...state.texts, ...action.texts } };
    case 'run told':
      return told(state, action.run);
    case 'received':
      return received(state, action.frame);
    case 'history loaded':
      return withHistory(state, action.run, whole(merged(state.histories[action.run] ?? NOTHING, action.metrics)));
    case 'samples loaded':
      return withSamples(state, action.run, action.samples);
    case 'checkpoints loaded':
      return { ...state, checkpoints: { ...state.checkpoints, [action.run]: action.checkpoints } };
    case 'log opened':
      return { ...state, log: action.open ? (state.log ?? '') : null };
    case 'log loaded':
      return state.log === null ? state : { ...state, log: action.text };
    case 'chosen':
      return { ...state, chosen: action.chosen, log: state.log === null ? null : '', refusal: null, confirming: false };
    case 'compared':
      return {
        ...state, compared: [...state.compared.filter((id) => id !== action.run), ...(action.on ? [action.run] : [])],
      };
    case 'axis switched':
      return { ...state, axis: action.axis };
    case 'drafted':
      return { ...state, draft: { ...state.draft, refusal: null, ...action.draft } };
    case 'field typed':
      return {
        ...state,
        draft: { ...state.draft, refusal: null, typed: { ...state.draft.typed, [action.field]: action.value } },
      };
    case 'cloned':
      return { ...state, draft: draftOf(state, action.run) };
    case 'more typed':
      return { ...state, more: action.more, refusal: null };
    case 'confirming':
      return { ...state, confirming: action.on };
    case 'refused':
      return { ...state, refusal: action.refusal, confirming: false };
    case 'link opened':
      return { ...state, link: 'open', reason: '', histories: doubted(state.histories) };
    case 'link lost':
      return { ...state, link: 'lost', reason: action.reason };
  }
}

function received(state: State, frame: Frame): State {
  switch (frame.type) {
    case 'run':
      return told(state, frame.run);
    case 'metrics': {
      const before = state.histories[frame.run] ?? NOTHING;
      const after = merged(before, frame);
      return withHistory(state, frame.run, before.isWhole ? whole(after) : after);
    }
    case 'sample':
      return withSamples(state, frame.run, [{ step: frame.step, text: frame.text }]);
    default:
      return state; // a later server may say more
  }
}

function told(state: State, run: Run): State {
  const others = (state.runs ?? []).filter(({ id }) => id !== run.id);
  const before = state.runs?.find(({ id }) => id === run.id);
  const runs = [...others, run].sort(newestFirst);
  return (run.halvings ?? 0) > (before?.halvings ?? 0) ? forgotten({ ...state, runs }, run.id) : { ...state, runs };
}

/** A run that went back has other steps from there on. */
function forgotten(state: State, run: string): State {
  const without = <T>({ [run]: _, ...others }: Readonly<Record<string, T>>) => others as Readonly<Record<string, T>>;
  return {
    ...state, histories: without(state.histories), samples: without(state.samples), checkpoints: without(state.checkpoints),
  };
}

function newestFirst(one: Run, other: Run): number {
  return Date.parse(other.createdAt) - Date.parse(one.createdAt) || other.id.localeCompare(one.id);
}

function latestFirst(one: Sample, other: Sample): number {
  return other.step - one.step;
}

function withHistory(state: State, run: string, history: History): State {
  return { ...state, histories: { ...state.histories, [run]: history } };
}

function withSamples(state: State, run: string, added: readonly Sample[]): State {
  const others = (state.samples[run] ?? []).filter(({ step }) => added.every((one) => one.step !== step));
  const samples = [...added, ...others].sort(latestFirst);
  return { ...state, samples: { ...state.samples, [run]: samples } };
}

function merged(before: History, { steps, evaluations }: Metrics): History {
  return { ...before, steps: byStep(before.steps, steps), evaluations: byStep(before.evaluations, evaluations) };
}

/** What is told twice counts once; what comes late is put in its place. */
function byStep<T extends { readonly step: number }>(before: readonly T[], added: readonly T[]): readonly T[] {
  if (added.length === 0) return before;
  const last = before.at(-1);
  if (last === undefined || last.step < added[0]!.step) return [...before, ...added];
  const all = new Map([...before, ...added].map((one) => [one.step, one]));
  return [...all.values()].sort((one, other) => one.step - other.step);
}

function whole(history: History): History {
  return { ...history, isWhole: true, knownTo: Math.max(history.knownTo, history.steps.at(-1)?.step ?? -1) };
}

/** After a pause nobody knows what was missed. */
function doubted(histories: State['histories']): State['histories'] {
  return Object.fromEntries(Object.entries(histories).map(([run, history]) => [run, { ...history, isWhole: false }]));
}

function draftOf({ corpora }: State, run: Run): Draft {
  const { id, name, sha256 } = run.corpus;
  const corpus = corpora.find((one) => one.name === name && one.sha256 === sha256)?.id ?? id;
  return { ...BLANK, original: run, preset: run.preset, corpus, name: run.name ?? '', unfolded: true };
}
