/** Numbers, times and states in words. */
import { FIELDS, isChoice, valueOf } from './fields';
import type { Field } from './fields';
import type { Config, Run, RunState } from './protocol';

export const STATES: Readonly<Record<RunState, string>> = {
  QUEUED: 'Queued', STARTING: 'Starting', RUNNING: 'Running', PAUSED: 'Paused', STOPPING: 'Stopping',
  STOPPED: 'Stopped', FAILED: 'Failed', INTERRUPTED: 'Interrupted', SUCCEEDED: 'Done',
  CANCELLED: 'Cancelled',
};

export function title(run: Run): string {
  return run.name || `${run.preset} on ${run.corpus.name}`;
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

export function rounded(value: number | undefined): string {
  return value === undefined ? '\u2013' : count(Math.round(value));
}

export function loss(value: number | undefined): string {
  return value === undefined ? '\u2013' : value.toFixed(4);
}

/** At most two units: the second one matters only while it is a large part of the whole. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (whole < 600) return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function left(run: Run): string | null {
  if (run.state === 'QUEUED') return run.queuePosition === undefined ? null : `place ${run.queuePosition} in the queue`;
  if (run.etaSeconds === undefined || run.state !== 'RUNNING') return null;
  return `${duration(run.etaSeconds)} left`;
}

/** What is left at the fastest and at the slowest pace of late, where that makes a difference. */
export function leftRange({ etaLowSeconds, etaHighSeconds }: Run): string {
  if (etaLowSeconds === undefined || etaHighSeconds === undefined) return '';
  const [low, high] = [duration(etaLowSeconds), duration(etaHighSeconds)];
  return low === high ? '' : ` (${low} to ${high})`;
}

export function moment(time: string): string {
  const shape = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false } as const;
  return new Date(time).toLocaleString('en', shape);
}

export function valueInWords(config: Config, field: Field): string {
  const value = valueOf(config, field);
  const shape = FIELDS[field];
  if (isChoice(shape)) return shape.choices[value] ?? String(value);
  return field === 'seed' || Number(value) < 1000 ? String(value) : count(Number(value));
}

export function curriculum({ curriculum: stages }: Config): string {
  if (stages.length === 0) return 'full windows throughout';
  const percent = (until: number) => `${Math.round(until * 100)}%`;
  return stages.map(({ contextLength, until }) => `${contextLength} characters until ${percent(until)}`).join(', ');
}

export function bytes(value: number): string {
  if (value < 1e6) return `${Math.ceil(value / 1e3)} kB`;
  return value < 1e9 ? `${Math.round(value / 1e6)} MB` : `${(value / 1e9).toFixed(2)} GB`;
}

/** A time as clocks show it in the zone that its offset is from. */
export function clock(time: string): string {
  const [, local, offset] = /^(.*?)(Z|[+-][0-9:]+)$/.exec(time) ?? [];
  if (local === undefined) return time;
  const shape: Intl.DateTimeFormatOptions = {
    weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit',
    hourCycle: 'h23', timeZone: 'UTC', ...(/:\d\d:\d\d/.test(local) ? { second: '2-digit' } : {}),
  };
  return `${new Date(`${local}Z`).toLocaleString('en', shape)} (${offset === 'Z' ? 'UTC' : `UTC${offset}`})`;
}

export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
