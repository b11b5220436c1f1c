/** A WebSocket that comes back by itself: exponential backoff with jitter, at once when the network or the reader is back. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const OPENING_LIMIT_MS = 8_000;
const STABLE_AFTER_MS = 5_000;
/** After so many sockets in a row that never opened, the server is asked why. */
const REFUSED_AFTER = 2;
const NOTHING_WAS_SAID = 1000;
const SERVICE_RESTART = 1012;

export interface Listener {
  opened(): void;
  /** Called once for each time the connection is lost, and never for attempts that fail after that. */
  lost(reason: string): void;
  received(frame: string): void;
  /** Whether something is lost with the connection. */
  isBusy(): boolean;
  /** Called when sockets do not open, and the network is not known to be the reason. */
  refused(): void;
}

export class Connection {
  readonly #url: string;
  readonly #listener: Listener;
  #socket: WebSocket | null = null;
  #timer = 0;
  #failures = 0;
  #openedAt = 0;
  #lost = false;

  constructor(url: string, listener: Listener) {
    this.#url = url;
    this.#listener = listener;
    addEventListener('online', () => this.retryNow());
    addEventListener('offline', () => {
      if (!isLoopback(location.hostname)) this.drop('This device is offline.');
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.retryNow();
    });
    this.#open();
  }

  /** Sends now, or says no: nothing is kept for later. */
  send(message: object): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  retryNow(): void {
    if (this.#socket !== null) return;
    this.#failures = 0;
    this.#open();
  }

  /** Gives up this socket and opens another after a while. */
  drop(reason: string): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#closed(socket, reason);
    socket.close();
  }

  #open(): void {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    const limit = setTimeout(() => {
      if (socket.readyState === WebSocket.CONNECTING) this.drop('');
    }, OPENING_LIMIT_MS);
    socket.onopen = () => {
      clearTimeout(limit);
      if (socket !== this.#socket) return;
      this.#openedAt = Date.now();
      this.#lost = false;
      this.#listener.opened();
    };
    socket.onmessage = (message) => {
      if (socket === this.#socket && typeof message.data === 'string') this.#listener.received(message.data);
    };
    socket.onclose = (event) => {
      clearTimeout(limit);
      if (event.code === NOTHING_WAS_SAID && !this.#listener.isBusy()) this.#rest(socket);
      else if (event.code === SERVICE_RESTART) this.#closed(socket, 'The server is starting anew.', waitIn(event.reason));
      else this.#closed(socket, event.reason);
    };
  }

  /** The server let go of a connection that was not used: nothing is lost, and nobody who looks away needs another. */
  #rest(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    if (document.visibilityState === 'visible') this.#open();
  }

  /** @param wait milliseconds that the server asked for, or null for as long as failures make it */
  #closed(socket: WebSocket, reason: string, wait: number | null = null): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    const wasStable = this.#openedAt > 0 && Date.now() - this.#openedAt > STABLE_AFTER_MS;
    this.#failures = wasStable ? 1 : this.#failures + 1;
    if (this.#openedAt === 0 && this.#failures >= REFUSED_AFTER) this.#listener.refused();
    this.#openedAt = 0;
    this.#timer = window.setTimeout(() => this.#open(), wait ?? waitAfter(this.#failures, Math.random()));
    if (this.#lost) return;
    this.#lost = true;
    this.#listener.lost(reason);
  }
}

/** Milliseconds before the next attempt: doubled after each failure, and between half and all of that by `chance`. */
export function waitAfter(failures: number, chance: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  return longest * (0.5 + chance / 2);
}

/** The milliseconds in a reason such as `Service restart; retry after 1300 ms`, or null. */
export function waitIn(reason: string): number | null {
  const found = /retry after (\d+) ms/.exec(reason);
  return found === null ? null : Math.min(Number(found[1]), LONGEST_WAIT_MS);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}
