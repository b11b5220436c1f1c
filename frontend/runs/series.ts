/** From what was measured to what is drawn. */
import type { Step } from './protocol';
import type { Axis } from './state';

export type Point = readonly [number, number];

/** The share of all steps that the smooth line looks back over, and the least number of them. */
const SPAN_SHARE = 0.01;
const LEAST_SPAN = 10;

export function along(axis: Axis, one: { readonly step: number; readonly seconds: number }): number {
  return axis === 'steps' ? one.step : one.seconds / 60;
}

/** What is no number, as the loss of a run that went astray, leaves a gap. */
export function points<T extends { readonly step: number; readonly seconds: number }>(
  axis: Axis, all: readonly T[], value: (one: T) => number,
): Point[] {
  return all.map((one) => [along(axis, one), Number.isFinite(value(one)) ? value(one) : NaN]);
}

/** An exponential mean without the bias towards its beginning, as Adam has it (Kingma and Ba 2015). */
export function smoothed(axis: Axis, all: readonly Step[], steps: number): Point[] {
  const keep = 1 - 2 / (Math.max(LEAST_SPAN, steps * SPAN_SHARE) + 1);
  let sum = 0;
  let weight = 0;
  return all.map((one) => {
    if (Number.isFinite(one.loss)) {
      sum = keep * sum + (1 - keep) * one.loss;
      weight = keep * weight + (1 - keep);
    }
    return [along(axis, one), weight === 0 ? NaN : sum / weight];
  });
}

/** As many pieces as a wide chart has pixels, nearly. */
const BUCKETS = 800;

/** The lowest and the highest of each piece, and the last of all: a spike of a single step stays in sight. */
export function thinned(all: readonly Point[]): readonly Point[] {
  const size = Math.ceil(all.length / BUCKETS);
  if (size <= 2) return all;
  const kept: Point[] = [];
  for (let from = 0; from < all.length; from += size) {
    const piece = all.slice(from, from + size);
    const low = piece.reduce((best, one) => (one[1] < best[1] || Number.isNaN(best[1]) ? one : best));
    const high = piece.reduce((best, one) => (one[1] > best[1] || Number.isNaN(best[1]) ? one : best));
    kept.push(...(low[0] < high[0] ? [low, high] : [high, low]));
  }
  return [...kept, all.at(-1)!];
}
