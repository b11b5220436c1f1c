/** The frames of `WS /v1/responses`, as far as the page reads and writes them. */
import type { Scale, Knob, Settings } from './knobs';
import { numberOf } from './knobs';

export interface Answer {
  readonly id: string;
  readonly seed?: number;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly error?: { readonly message?: string } | null;
  readonly tokens_per_second?: number;
}

export interface Refusal {
  readonly code?: string | null;
  readonly message: string;
  readonly param?: string | null;
}

export type ServerEvent =
  | { readonly type: 'response.created' | 'response.in_progress'; readonly response: Answer }
  | { readonly type: 'response.output_text.delta'; readonly delta: string }
  | { readonly type: 'response.output_text.done'; readonly text: string }
  | { readonly type: 'response.completed' | 'response.incomplete' | 'response.failed'; readonly response: Answer }
  | { readonly type: 'error'; readonly error: Refusal };

export interface Create {
  readonly type: 'response.create';
  readonly input: string;
  readonly previous_response_id?: string;
  readonly [parameter: string]: string | number | undefined;
}

/** The request for `input`, or for more of the response `previous`, with every setting that holds a number. */
export function create(
  input: string, previous: string | null, settings: Settings, scales: Readonly<Record<Knob, Scale>>,
): Create {
  const parameters: Record<string, number> = {};
  for (const knob of Object.keys(scales) as Knob[]) {
    const value = numberOf(scales[knob], settings[knob]);
    if (value !== null) parameters[scales[knob].param] = value;
  }
  const goesOn = previous === null ? {} : { previous_response_id: previous };
  return { type: 'response.create', input, ...goesOn, ...parameters };
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
