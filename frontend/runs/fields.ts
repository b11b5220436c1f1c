/** The values of a config that a run may change: their names, their ranges, and what they do, in one place. */
import type { Config } from './protocol';

export type Field =
  | 'steps' | 'batchSize' | 'optimizer' | 'learningRate' | 'muonLearningRate' | 'weightDecay' | 'clip' | 'warmup'
  | 'decay' | 'dropout' | 'contextLength' | 'nLayer' | 'nHead' | 'nEmbd' | 'evaluationInterval' | 'patience' | 'seed';

/** What was typed, right or wrong, where it was touched; the rest is the preset's. */
export type Typed = Readonly<Partial<Record<Field, string>>>;

interface Shape {
  readonly label: string;
  readonly hint: string;
}

export interface Numeric extends Shape {
  readonly whole: boolean;
  readonly range: string;
  allows(value: number): boolean;
}

export interface Choice extends Shape {
  readonly choices: Readonly<Record<string, string>>;
}

const MODEL = ['contextLength', 'nLayer', 'nHead', 'nEmbd', 'dropout'] as const;

export const FIELDS: Readonly<Record<Field, Numeric | Choice>> = {
  steps: whole('Steps', 1, 10_000_000, 'Updates of the weights.'),
  batchSize: whole('Batch size', 1, 4096, 'Windows of text in a step.'),
  contextLength: whole('Context length', 2, 65_536, 'Characters that the model looks back over.'),
  evaluationInterval: whole('Evaluation interval', 1, 10_000_000, 'Steps between evaluations, which also save.'),
  patience: whole('Patience', 0, 10_000, 'Evaluations without a lower loss until it ends early; 0 for never.'),
  optimizer: choice('Optimizer', { MUON: 'Muon', ADAMW: 'AdamW' }, 'For the hidden matrices; the rest has AdamW.'),
  learningRate: {
    label: 'Learning rate', whole: false, range: 'above 0 and at most 1', allows: (value) => value > 0 && value <= 1,
    hint: 'Above 0, at most 1. AdamW\u2019s peak.',
  },
  muonLearningRate: {
    label: 'Muon\u2019s rate', whole: false, range: 'above 0 and at most 1', allows: (value) => value > 0 && value <= 1,
    hint: 'Above 0, at most 1. Unused with AdamW.',
  },
  decay: choice('Decay', { COSINE: 'Cosine', LINEAR: 'Linear' }, 'How the rates fall after the warm-up.'),
  warmup: {
    label: 'Warm-up', whole: false, range: 'at least 0 and below 1', allows: (value) => value >= 0 && value < 1,
    hint: 'From 0, below 1. Share of the steps in which the rates rise.',
  },
  weightDecay: {
    label: 'Weight decay', whole: false, range: 'from 0 to 10', allows: (value) => value >= 0 && value <= 10,
    hint: '0 to 10. Pulls matrices towards 0.',
  },
  clip: {
    label: 'Clip', whole: false, range: 'above 0 and at most 1,000,000', allows: (value) => value > 0 && value <= 1e6,
    hint: 'Above 0, at most 1,000,000. Greatest gradient norm.',
  },
  dropout: {
    label: 'Dropout', whole: false, range: 'at least 0 and below 1', allows: (value) => value >= 0 && value < 1,
    hint: 'From 0, below 1. Share of activations left out.',
  },
  nLayer: whole('Layers', 1, 256, 'Blocks, one after the other.'),
  nHead: whole('Heads', 1, 256, 'Of attention; must divide the width.'),
  nEmbd: whole('Width', 1, 16_384, 'Numbers for each character, nEmbd.'),
  seed: whole('Seed', 0, Number.MAX_SAFE_INTEGER, 'Of weights, batches and dropout.'),
};

export const NAMES = Object.keys(FIELDS) as readonly Field[];

function whole(label: string, min: number, max: number, hint: string): Numeric {
  const to = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max.toLocaleString('en')}`;
  return {
    label, whole: true, range: to, hint: `${to.replace('from ', '').replace(/^0$/, 'From 0')}. ${hint}`,
    allows: (value) => Number.isSafeInteger(value) && value >= min && value <= max,
  };
}

function choice(label: string, choices: Choice['choices'], hint: string): Choice {
  return { label, choices, hint };
}

export function isChoice(shape: Numeric | Choice): shape is Choice {
  return 'choices' in shape;
}

export function valueOf(config: Config, field: Field): number | string {
  return isOfModel(field) ? config.model[field] : config[field];
}

function isOfModel(field: Field): field is (typeof MODEL)[number] {
  return (MODEL as readonly Field[]).includes(field);
}

/** What stands in the form: what was typed, or else the preset's value. */
export function shown(config: Config, typed: Typed, field: Field): string {
  return typed[field] ?? String(valueOf(config, field));
}

/** The value that was typed; null when it is none that the field allows. */
export function read(field: Field, typed: string): number | string | null {
  const shape = FIELDS[field];
  const text = typed.trim();
  if (isChoice(shape)) return text;
  const value = Number(shape.whole ? text : text.replace(',', '.'));
  return /^[0-9.,]+(e-?[0-9]+)?$/i.test(text) && shape.allows(value) ? value : null;
}

/** What differs from the config, as the server takes it. */
export function changes(config: Config, typed: Typed): Partial<Record<Field, number | string>> {
  const changed = NAMES.flatMap((field) => {
    const value = read(field, shown(config, typed, field));
    return value === null || value === valueOf(config, field) ? [] : [[field, value]];
  });
  return Object.fromEntries(changed) as Partial<Record<Field, number | string>>;
}

/** For each field at fault a sentence that says what is allowed. */
export function problems(config: Config, typed: Typed): Partial<Record<Field, string>> {
  const found: Partial<Record<Field, string>> = {};
  for (const field of NAMES) {
    const shape = FIELDS[field];
    if (isChoice(shape) || read(field, shown(config, typed, field)) !== null) continue;
    found[field] = `${shape.label} is ${shape.whole ? 'a whole number' : 'a number'} ${shape.range}.`;
  }
  const number = (field: Field) => Number(read(field, shown(config, typed, field)));
  if (!found.nHead && !found.nEmbd && number('nEmbd') % number('nHead') !== 0) {
    const culprit = typed.nHead === undefined ? 'nEmbd' : 'nHead';
    found[culprit] = `Heads must divide the width, but ${number('nEmbd')} is not a multiple of ${number('nHead')}.`;
  }
  const longest = Math.max(0, ...config.curriculum.map((stage) => stage.contextLength));
  if (!found.contextLength && number('contextLength') < longest) {
    found.contextLength = `Context length is at least ${longest} here: the preset begins with windows that long.`;
  }
  return found;
}
