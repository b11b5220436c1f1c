/** What is said to the server, and when. What comes of it is told to the desk. */
import { Connection } from './connection';
import type { Knob, Scale } from './knobs';
import { CANCEL, create, forgotten, leaving, parse, resume, tooBusy } from './protocol';
import type { Action } from './reduce';
import { whyRefused } from './signin';
import type { Ask, State } from './state';
import { isBusy } from './state';

const STOP_ANSWERED_WITHIN_MS = 3_000;
/** Enough to go on from: models of this size look back over some hundred characters, and servers limit a prompt. */
const LONGEST_INPUT = 10_000;
/** Between two attempts to go on with a response at a server that is full. */
const RESUMED_AGAIN_AFTER_MS = 2_000;
/** A second press of the same button, not a decision to stop. */
const SAME_PRESS_MS = 300;

export class Conversation {
  readonly #scales: () => Readonly<Record<Knob, Scale>>;
  readonly #state: () => State;
  readonly #dispatch: (action: Action) => void;
  readonly #connection: Connection;
  #askedAt = 0;
  #again = 0;
  #afterwards: (() => void) | null = null;

  constructor(scales: () => Readonly<Record<Knob, Scale>>, state: () => State, dispatch: (action: Action) => void) {
    this.#scales = scales;
    this.#state = state;
    this.#dispatch = dispatch;
    this.#connection = new Connection(`${location.origin.replace(/^http/, 'ws')}/v1/responses`, {
      opened: () => this.#opened(),
      lost: (reason) => this.#tell({ type: 'link lost', reason, at: performance.now() }),
      received: (frame) => this.#received(frame),
      isBusy: () => isBusy(this.#state()),
      refused: () => void this.#askWhy(),
    });
  }

  /** Asks for a text after `prompt`, or for more of the text on the desk. */
  ask(kind: Ask, prompt: string): void {
    const { text } = this.#state();
    const previous = kind === 'continue' ? (text?.responseId ?? null) : null;
    const input = recent(kind === 'continue' ? whole(this.#state()) : prompt);
    if (this.#create(previous === null ? { input } : { previous_response_id: previous })) {
      this.#askedAt = performance.now();
      this.#dispatch({ type: 'asked', ask: kind, prompt });
    } else {
      this.#dispatch({ type: 'link lost', reason: 'Not connected.', at: performance.now() });
      this.#connection.retryNow();
    }
  }

  /** Whether the last question is so young that a press can only be its own echo. */
  hasJustAsked(): boolean {
    return performance.now() - this.#askedAt <= SAME_PRESS_MS;
  }

  /** Ends the response that is under way, if there is one, and then does what comes `afterwards`. */
  stop(afterwards: (() => void) | null = null): void {
    const { phase } = this.#state();
    if (phase === 'idle') afterwards?.();
    if (phase === 'idle' || phase === 'stopping') return;
    this.#afterwards = afterwards;
    const sent = this.#connection.send(CANCEL);
    this.#tell({ type: 'stop asked' });
    if (sent) this.#expectStop();
    else this.#tell({ type: 'stop unanswered' });
  }

  retryNow(): void {
    this.#connection.retryNow();
  }

  #expectStop(): void {
    const asked = this.#askedAt;
    setTimeout(() => {
      if (this.#state().phase !== 'stopping' || this.#askedAt !== asked) return;
      this.#tell({ type: 'stop unanswered' });
      this.#connection.drop('');
    }, STOP_ANSWERED_WITHIN_MS);
  }

  #opened(): void {
    clearTimeout(this.#again);
    this.#tell({ type: 'link opened' });
    this.#resume();
  }

  async #askWhy(): Promise<void> {
    const sentence = await whyRefused();
    if (sentence !== null) this.#tell({ type: 'said', status: sentence });
  }

  /** Asks, on a new connection, for the rest of the response that was under way on the last one. */
  #resume(): void {
    const { phase, stream, text } = this.#state();
    if (phase === 'resuming') this.#connection.send(resume(stream!, text!.completion));
  }

  #received(frame: string): void {
    const event = parse(frame);
    if (event === null) return;
    const { phase, pending } = this.#state();
    if (pending?.ask === 'continue' && forgotten(event) && this.#create({ input: recent(whole(this.#state())) })) return;
    if (phase === 'resuming' && tooBusy(event)) {
      this.#again = window.setTimeout(() => this.#resume(), RESUMED_AGAIN_AFTER_MS);
    } else if (leaving(event)) {
      this.#connection.drop('The server is starting anew.');
    } else {
      this.#tell({ type: 'received', event, at: performance.now() });
    }
  }

  #create(origin: Parameters<typeof create>[0]): boolean {
    const { settings, lenses } = this.#state();
    return this.#connection.send(create(origin, settings, this.#scales(), lenses.probabilities));
  }

  #tell(action: Action): void {
    this.#dispatch(action);
    const afterwards = this.#afterwards;
    if (afterwards === null || isBusy(this.#state())) return;
    this.#afterwards = null;
    afterwards();
  }
}

/** The text on the desk, prompt and all. */
export function whole({ text }: State): string {
  return text === null ? '' : text.prompt + text.completion;
}

function recent(text: string): string {
  return [...text].slice(-LONGEST_INPUT).join('');
}
