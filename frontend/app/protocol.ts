/** The frames of `WS /v1/responses`, as far as the page reads and writes them. */
import type { Scale, Knob, Settings } from './knobs';
import { numberOf } from './knobs';
import type { TokenLogprob } from './odds';
import { ALTERNATIVES } from './odds';

export interface Answer {
  readonly id: string;
  readonly seed?: number;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly error?: { readonly code?: string; readonly message?: string } | null;
  readonly tokens_per_second?: number;
}

export interface Refusal {
  readonly code?: string | null;
  readonly message: string;
  readonly param?: string | null;
}

export interface TextDelta {
  readonly type: 'response.output_text.delta';
  readonly sequence_number: number;
  readonly delta: string;
  /** One for each character, when they were asked for. */
  readonly logprobs?: readonly TokenLogprob[];
}

export type ServerEvent =
  | { readonly type: 'response.created'; readonly response: Answer; readonly ticket: string }
  | { readonly type: 'response.queued'; readonly queue_position: number }
  | { readonly type: 'response.in_progress' }
  | TextDelta
  | { readonly type: 'response.completed' | 'response.incomplete' | 'response.failed'; readonly response: Answer }
  | { readonly type: 'error'; readonly error: Refusal };

export interface Create {
  readonly type: 'response.create';
  readonly input: string;
  readonly previous_response_id?: string;
  readonly include?: readonly string[];
  readonly [parameter: string]: string | number | readonly string[] | undefined;
}

/** What to go on from: a prompt, or the response that ended last. */
export type Origin = { readonly input: string } | { readonly previous_response_id: string };

/** A request with every setting that holds a number, and with probabilities only for a reader who wants them. */
export function create(
  origin: Origin, settings: Settings, scales: Readonly<Record<Knob, Scale>>, probabilities: boolean,
): Create {
  const parameters: Record<string, number> = {};
  for (const knob of Object.keys(scales) as Knob[]) {
    const value = numberOf(scales[knob], settings[knob]);
    if (value !== null) parameters[scales[knob].param] = value;
  }
  const logprobs = probabilities ? { include: ['message.output_text.logprobs'], top_logprobs: ALTERNATIVES } : {};
  return { type: 'response.create', input: '', ...origin, ...parameters, ...logprobs };
}

/** A response that another connection can go on with. */
export interface Stream {
  readonly ticket: string;
  /** The number of the last event of which the text holds the characters. */
  readonly sequence: number;
  /** Where in the completion the response begins. */
  readonly from: number;
}

export function resume({ ticket, sequence, from }: Stream, completion: string): object {
  return { type: 'response.resume', ticket, starting_after: sequence, text: completion.slice(from) };
}

export const CANCEL = { type: 'response.cancel' } as const;

/** The event in a frame, or null for a frame that is no JSON object with a type. */
export function parse(frame: string): ServerEvent | null {
  try {
    const event: unknown = JSON.parse(frame);
    return typeof event === 'object' && event !== null && 'type' in event ? (event as ServerEvent) : null;
  } catch {
    return null;
  }
}

/** True when the server says that it does not know the response to go on from. */
export function forgotten(event: ServerEvent): boolean {
  return event.type === 'error' && event.error.code === 'unknown_response';
}

/** True when the server says that it would answer, but later. */
export function tooBusy(event: ServerEvent): boolean {
  return event.type === 'error' && (event.error.code === 'queue_full' || event.error.code === SHUTTING_DOWN);
}

/** True when the server gives up a response because it is about to close the connection. */
export function leaving(event: ServerEvent): boolean {
  return event.type === 'response.failed' && event.response.error?.code === SHUTTING_DOWN;
}

const SHUTTING_DOWN = 'shutting_down';
