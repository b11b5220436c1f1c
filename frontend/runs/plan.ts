/** A schedule that is being made up or changed. */
import { FIELDS, changes, problems } from './fields';
import type { Typed } from './fields';
import type { Missed, Overlap, Preset, Refusal, Schedule, ScheduleOrder } from './protocol';

export interface Plan {
  /** Of the schedule that is changed; empty for a new one. */
  readonly id: string;
  readonly name: string;
  readonly preset: string;
  readonly corpus: string;
  readonly typed: Typed;
  /** What its config has beyond the fields of the form. */
  readonly beyond: Readonly<Record<string, unknown>>;
  readonly cron: string;
  readonly timeZone: string;
  readonly overlap: Overlap;
  readonly missed: Missed;
  readonly unfolded: boolean;
  readonly sending: boolean;
  readonly refusal: Refusal | null;
}

export const NIGHTLY = '0 2 * * *';

export function blank(): Plan {
  return {
    id: '', name: '', preset: '', corpus: '', typed: {}, beyond: {}, cron: NIGHTLY,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC', overlap: 'SKIP', missed: 'FIRE_ONCE',
    unfolded: false, sending: false, refusal: null,
  };
}

export function planOf({ id, name, preset, corpus, config, cron, timeZone, overlap, missed }: Schedule): Plan {
  const all = Object.entries(config);
  const typed = all.filter(([field]) => field in FIELDS).map(([field, value]) => [field, String(value)]);
  return {
    ...blank(), id, name, preset, corpus, cron, timeZone, overlap, missed, typed: Object.fromEntries(typed) as Typed,
    beyond: Object.fromEntries(all.filter(([field]) => !(field in FIELDS))), unfolded: typed.length > 0,
  };
}

/** As the server takes it; null while a value is none that its field allows. */
export function orderOf(plan: Plan, preset: Preset, corpus: string): ScheduleOrder | null {
  if (Object.keys(problems(preset.config, plan.typed)).length > 0) return null;
  const { name, cron, timeZone, overlap, missed } = plan;
  return {
    name: name.trim(), preset: preset.name, corpus, cron, timeZone: timeZone.trim(), overlap, missed,
    config: { ...plan.beyond, ...changes(preset.config, plan.typed) },
  };
}
