/** Several values in a field: a run for each combination, or for some of them. */
import { FIELDS, NAMES, changes, isChoice, problems, read } from './fields';
import type { Field, Typed } from './fields';
import type { Config } from './protocol';

/** How many runs a search has, at most. */
export const MOST = 100;

export type Grid = Readonly<Partial<Record<Field, readonly (number | string)[]>>>;

/** A comma with a space behind it separates; without one it is a decimal one. What may be one long number is one. */
function parts(field: Field, typed: string): readonly string[] {
  return isChoice(FIELDS[field]) || /^\s*\d{1,3}(\s\d{3})+\s*$/.test(typed) ? [typed] : typed.split(/(?:[\s;]|,\s)+/).filter((part) => part !== '');
}

function several(typed: Typed): readonly (readonly [Field, readonly string[]])[] {
  return NAMES.map((field) => [field, parts(field, typed[field] ?? '')] as const).filter(([, all]) => all.length > 1);
}

/** The form as it would be with the first value of each field alone. */
function firsts(typed: Typed): Typed {
  return { ...typed, ...Object.fromEntries(several(typed).map(([field, all]) => [field, all[0]!])) };
}

/** The fields with several values. */
export function gridOf(typed: Typed): Grid {
  const all = several(typed).map(([field, values]) => [field, values.map((value) => read(field, value) ?? value)]);
  return Object.fromEntries(all) as Grid;
}

export function combinations(grid: Grid): number {
  return Object.values(grid).reduce((count, values) => count * values.length, 1);
}

/** What differs from the config in all of the runs. */
export function common(config: Config, typed: Typed): Partial<Record<Field, number | string>> {
  const grid = gridOf(typed);
  const all = Object.entries(changes(config, firsts(typed))).filter(([field]) => !(field in grid));
  return Object.fromEntries(all) as Partial<Record<Field, number | string>>;
}

/** For each field at fault a sentence that says what is allowed. */
export function searchProblems(config: Config, typed: Typed): Partial<Record<Field, string>> {
  const first = firsts(typed);
  const found = problems(config, first);
  for (const [field, values] of several(typed)) {
    for (const value of values) {
      const sentence = problems(config, { ...first, [field]: value })[field];
      if (sentence !== undefined) found[field] ??= sentence;
    }
  }
  return found;
}

/** How many runs there will be; null when what was typed is no such number. */
export function size(grid: Grid, sample: string): number | null {
  const all = combinations(grid);
  if (all === 1) return 1;
  if (sample.trim() === '') return all <= MOST ? all : null;
  const some = read('steps', sample);
  return typeof some === 'number' && some <= Math.min(all, MOST) ? some : null;
}
