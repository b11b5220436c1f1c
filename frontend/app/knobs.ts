/** The five settings of a generation: their names, their ranges, and what they do, in one place. */
import type { Model } from './model';

export type Knob = 'temperature' | 'topK' | 'topP' | 'length' | 'seed';

/** What the reader typed, right or wrong, so that a half-written number survives. */
export type Settings = Readonly<Record<Knob, string>>;

export interface Scale {
  readonly label: string;
  readonly param: string;
  readonly whole: boolean;
  readonly min: number;
  readonly max: number;
  /** Where the slider begins and ends, and its step; null for the seed, which has none. */
  readonly slider: readonly [number, number, number] | null;
  readonly hint: string;
}

export const KNOBS: readonly Knob[] = ['temperature', 'topK', 'topP', 'length', 'seed'];

export const DEFAULTS: Settings = { temperature: '0.8', topK: '40', topP: '0.9', length: '500', seed: '' };

export function scales(model: Model): Readonly<Record<Knob, Scale>> {
  const vocabSize = model.alphabet.size || 1000;
  return {
    temperature: {
      label: 'Temperature', param: 'temperature', whole: false, min: 0, max: 2, slider: [0, 2, 0.05],
      hint: '0 to 2. Lower is calmer, higher is wilder.',
    },
    topK: {
      label: 'Top-k', param: 'top_k', whole: true, min: 0, max: vocabSize, slider: [0, vocabSize, 1],
      hint: `0 to ${vocabSize}. Choose among the k likeliest; 0 is off.`,
    },
    topP: {
      label: 'Top-p', param: 'top_p', whole: false, min: 0.05, max: 1, slider: [0.05, 1, 0.05],
      hint: '0.05 to 1. Leave the unlikely rest out; 1 is off.',
    },
    length: {
      label: 'Length', param: 'max_output_tokens', whole: true, min: 1, max: 10_000, slider: [10, 2000, 10],
      hint: '1 to 10,000 characters at a time.',
    },
    seed: {
      label: 'Seed', param: 'seed', whole: true, min: 0, max: Number.MAX_SAFE_INTEGER, slider: null,
      hint: 'A whole number; empty lets the server choose.',
    },
  };
}

/** The number that was typed, null for an empty seed, or a sentence that says what is allowed. */
export function read(scale: Scale, typed: string): { value: number | null } | { problem: string } {
  const text = typed.trim().replace(',', '.');
  if (text === '' && scale.slider === null) return { value: null };
  const value = Number(text);
  const allowed = text !== '' && value >= scale.min && value <= scale.max && (!scale.whole || Number.isInteger(value));
  if (allowed && /^[0-9.]+$/.test(text)) return { value };
  const kind = scale.whole ? 'a whole number' : 'a number';
  const range = `${scale.label} is ${kind} from ${scale.min.toLocaleString('en')} to ${scale.max.toLocaleString('en')}`;
  return { problem: scale.slider === null ? `${range}, or empty.` : `${range}.` };
}

/** The number that was typed when it is a good one. */
export function numberOf(scale: Scale, typed: string): number | null {
  const result = read(scale, typed);
  return 'value' in result ? result.value : null;
}

export function problemOf(scale: Scale, typed: string): string | null {
  const result = read(scale, typed);
  return 'problem' in result ? result.problem : null;
}

/** A seed that is short enough to be told to somebody. */
export function dice(): string {
  return String(crypto.getRandomValues(new Uint32Array(1))[0]! % 1_000_000);
}
