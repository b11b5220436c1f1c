/** What `/v1/runs` and its neighbours send, as far as the page reads it. */

export type RunState =
  | 'QUEUED' | 'STARTING' | 'RUNNING' | 'PAUSED' | 'STOPPING' | 'STOPPED' | 'FAILED' | 'INTERRUPTED' | 'SUCCEEDED'
  | 'CANCELLED';

export interface Config {
  readonly model: {
    readonly vocabSize: number;
    readonly contextLength: number;
    readonly nLayer: number;
    readonly nHead: number;
    readonly nEmbd: number;
    readonly dropout: number;
  };
  readonly steps: number;
  readonly batchSize: number;
  readonly optimizer: string;
  readonly learningRate: number;
  readonly muonLearningRate: number;
  readonly weightDecay: number;
  readonly clip: number;
  readonly warmup: number;
  readonly decay: string;
  readonly curriculum: readonly { readonly contextLength: number; readonly until: number }[];
  readonly evaluationInterval: number;
  readonly patience: number;
  readonly seed: number;
}

export interface Presets {
  readonly data: readonly Preset[];
  /** Whether it is being measured what they cost here. */
  readonly isMeasuring: boolean;
  readonly measuredAt?: string;
}

export interface Preset {
  readonly name: string;
  readonly about: string;
  readonly parameters: number;
  /** On the server's machine, where it was measured. */
  readonly cost?: { readonly seconds: number; readonly memoryBytes: number };
  readonly config: Config;
}

export interface Corpus {
  readonly id: string;
  readonly name: string;
  readonly about?: string;
  readonly source: 'catalog' | 'own' | 'uploaded';
  readonly state: 'READY' | 'DOWNLOADING' | 'ABSENT';
  readonly receivedBytes?: number;
  /** Why it cannot be had. */
  readonly problem?: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly characters: number;
  readonly vocabSize?: number;
  readonly alphabet?: string;
  readonly trainCharacters: number;
  readonly validationCharacters: number;
  readonly createdAt?: string;
  readonly preview?: { readonly train: string; readonly validation: string };
}

export interface Corpora {
  readonly data: readonly Corpus[];
  /** Of an upload, at most. */
  readonly mostBytes: number;
}

export interface Run {
  readonly id: string;
  readonly name?: string;
  readonly state: RunState;
  readonly reason?: string;
  readonly preset: string;
  readonly step: number;
  readonly steps: number;
  readonly trainLoss?: number;
  readonly valLoss?: number;
  readonly bestValLoss?: number;
  readonly protocol?: string;
  readonly etaSeconds?: number;
  /** At the fastest and at the slowest pace of late. */
  readonly etaLowSeconds?: number;
  readonly etaHighSeconds?: number;
  readonly charactersPerSecond?: number;
  readonly queuePosition?: number;
  readonly attempts?: number;
  /** How often the learning rate was halved because the loss went astray. */
  readonly halvings?: number;
  readonly config: Config;
  readonly corpus: { readonly id: string; readonly name: string; readonly sha256: string };
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** A process of the server’s machine, or a Job of its cluster. */
  readonly workerPid?: number;
  readonly job?: string;
  /** The id of the schedule that started it. */
  readonly schedule?: string;
}

export interface Step {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  readonly charactersPerSecond: number;
  readonly memoryBytes: number;
  /** Of training, since the run began. */
  readonly seconds: number;
}

export interface Evaluation {
  readonly step: number;
  readonly valLoss: number;
  readonly seconds: number;
}

export interface Metrics {
  readonly steps: readonly Step[];
  readonly evaluations: readonly Evaluation[];
}

export interface Sample {
  readonly step: number;
  readonly text: string;
}

/** A checkpoint that a run keeps. */
export interface Kept {
  /** As a completion names it. */
  readonly model: string;
  readonly step: number;
  readonly valLoss?: number;
  readonly sha256: string;
}

export type Overlap = 'SKIP' | 'QUEUE' | 'REPLACE';
export type Missed = 'FIRE_ONCE' | 'SKIP';

/** What is asked of a schedule. */
export interface ScheduleOrder {
  readonly name: string;
  readonly preset: string;
  readonly corpus: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly cron: string;
  readonly timeZone: string;
  readonly overlap: Overlap;
  readonly missed: Missed;
}

/** When something would fire. */
export interface Preview {
  /** The cron expression in English, where it is a common one. */
  readonly words?: string;
  /** With the zone's offset. */
  readonly nextFireTimes: readonly string[];
}

export interface Schedule extends ScheduleOrder, Preview {
  readonly id: string;
  readonly paused: boolean;
  readonly lastFiredAt?: string;
  readonly lastRun?: string;
  readonly lastOutcome: string;
}

export interface Refusal {
  readonly message: string;
  readonly param?: string | null;
}

export type Frame =
  | { readonly type: 'run'; readonly run: Run }
  | ({ readonly type: 'metrics'; readonly run: string } & Metrics)
  | ({ readonly type: 'sample'; readonly run: string } & Sample);

export type Answer<T> = { readonly value: T } | { readonly refusal: Refusal };

/** The event in a frame, or null for a frame that is no JSON object with a type. */
export function parse(frame: string): Frame | null {
  try {
    const event: unknown = JSON.parse(frame);
    return typeof event === 'object' && event !== null && 'type' in event ? (event as Frame) : null;
  } catch {
    return null;
  }
}

export function get<T>(address: string): Promise<Answer<T>> {
  return answer(address, {}, (response) => response.json() as Promise<T>);
}

export function text(address: string): Promise<Answer<string>> {
  return answer(address, {}, (response) => response.text());
}

export function post<T>(address: string, body: object, method = 'POST'): Promise<Answer<T>> {
  const request = { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  return answer(address, request, (response) => response.json() as Promise<T>);
}

export function remove(address: string): Promise<Answer<null>> {
  return answer(address, { method: 'DELETE' }, () => Promise.resolve(null));
}

const SILENCE: Refusal = { message: 'The server did not answer; please try again.' };

/** The one request whose progress matters, which fetch does not tell. */
export function upload(
  address: string, file: File, progress: (sent: number) => void,
): Promise<Answer<{ readonly corpus: Corpus; readonly isNew: boolean }>> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('POST', address);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded }) => progress(loaded);
    request.onerror = () => resolve({ refusal: SILENCE });
    request.onload = () => {
      if (request.status === 401) location.assign('/sign-in');
      try {
        const body: unknown = JSON.parse(request.responseText);
        resolve(request.status < 300
          ? { value: { corpus: body as Corpus, isNew: request.status === 201 } }
          : { refusal: (body as { error: Refusal }).error });
      } catch {
        resolve({ refusal: SILENCE });
      }
    };
    request.send(file);
  });
}

/** Leads to the door whoever is not signed in. */
async function answer<T>(
  address: string, request: RequestInit, read: (response: Response) => Promise<T>,
): Promise<Answer<T>> {
  try {
    const response = await fetch(address, { cache: 'no-store', ...request });
    if (response.status === 401) location.assign('/sign-in');
    if (response.ok) return { value: await read(response) };
    return { refusal: ((await response.json()) as { error: Refusal }).error };
  } catch {
    return { refusal: SILENCE };
  }
}
