/** How what the server says, and a connection that comes and goes, change what the page knows. Pure, as reduce.ts is. */
import { oddsOf, withOdds } from './odds';
import type { Answer, Refusal, ServerEvent, TextDelta } from './protocol';
import type { Notice, Pace, State, Text } from './state';
import { STILL, isBusy } from './state';

const PACE_SHOWN_EVERY_MS = 300;
const MOST_EARLIER_TEXTS = 5;

export function received(state: State, event: ServerEvent, at: number): State {
  if (!isBusy(state)) return state;
  switch (event.type) {
    case 'response.created':
      return begun(state, event.response, event.ticket);
    case 'response.queued':
      return said(state, `Waiting: ${inLine(event.queue_position)}`);
    case 'response.in_progress':
      return said(state, state.phase === 'resuming' ? 'Going on\u2026' : 'Writing\u2026');
    case 'response.output_text.delta':
      return written(state, event, at);
    case 'response.completed':
    case 'response.incomplete':
      return finished(state, event.response);
    case 'response.failed':
      return failed(state, event.response.error?.message ?? 'The model could not go on.');
    case 'error':
      return refused(state, event.error);
    default:
      return state; // an event of a newer server, or one that repeats what the page knows
  }
}

function begun(state: State, answer: Answer, ticket: string): State {
  const { pending, text } = state;
  if (pending === null) return state;
  const goesOn = pending.ask === 'continue' && text !== null;
  const next: Text = {
    ...(goesOn ? text : { serial: (text?.serial ?? 0) + 1, prompt: pending.prompt, completion: '', odds: [] }),
    responseId: answer.id,
    seed: answer.seed ?? null,
  };
  return said({
    ...state,
    text: next,
    earlier: earlier(state),
    phase: state.phase === 'stopping' ? 'stopping' : 'writing',
    pending: null,
    stream: { ticket, sequence: 0, from: next.completion.length },
  }, 'Writing\u2026');
}

/** A branch leaves a text that can be got back; a new prompt leaves them all. */
function earlier({ pending, text, earlier }: State): readonly Text[] {
  switch (pending!.ask) {
    case 'branch':
      return text === null ? earlier : [...earlier, text].slice(-MOST_EARLIER_TEXTS);
    case 'generate':
      return [];
    case 'continue':
    case 'regenerate':
      return earlier;
  }
}

function written(state: State, { delta, logprobs, sequence_number }: TextDelta, at: number): State {
  const { text, stream } = state;
  if (text === null || stream === null || sequence_number <= stream.sequence) return state;
  const characters = [...delta].length;
  const odds =
    logprobs?.length === characters
      ? withOdds(text.odds, [...text.completion].length, logprobs.map(oddsOf))
      : text.odds;
  return resumed({
    ...state,
    text: { ...text, completion: text.completion + delta, odds },
    stream: { ...stream, sequence: sequence_number },
    pace: faster(state.pace, characters, at),
  }, at);
}

function resumed(state: State, at: number): State {
  if (state.phase !== 'resuming') return state;
  const gap = { since: state.gap!.since, seconds: (at - state.gap!.since) / 1000 };
  return { ...state, phase: 'writing', gap, status: `Gone on after ${gap.seconds.toFixed(1)} s, nothing lost.` };
}

/** Counts from the first characters on, so that waiting for them is not counted as writing. */
function faster(pace: Pace, characters: number, at: number): Pace {
  if (pace.since === 0) return { since: at, shownAt: at, characters: 0, perSecond: null };
  const all = pace.characters + characters;
  if (at - pace.shownAt < PACE_SHOWN_EVERY_MS) return { ...pace, characters: all };
  return { ...pace, characters: all, shownAt: at, perSecond: (all * 1000) / (at - pace.since) };
}

function finished(state: State, answer: Answer): State {
  const cancelled = answer.incomplete_details?.reason === 'cancelled';
  const seconds = state.gap?.seconds ?? null;
  const gap = seconds === null ? '' : ` Gone on after ${seconds.toFixed(1)} s, nothing lost.`;
  return {
    ...ended(state, `${cancelled ? 'Stopped after' : 'Wrote'} ${count(arrived(state))}.${gap}`),
    pace: state.gap === null ? { ...state.pace, perSecond: answer.tokens_per_second ?? state.pace.perSecond } : state.pace,
  };
}

function failed(state: State, sentence: string): State {
  return { ...ended(state, ''), notice: { where: 'text', sentence } };
}

const PLACES: Readonly<Record<string, Notice['where']>> = {
  input: 'prompt', temperature: 'temperature', top_k: 'topK', top_p: 'topP', max_output_tokens: 'length', seed: 'seed',
};

function refused(state: State, refusal: Refusal): State {
  if (state.phase === 'resuming') {
    const why = refusal.code === 'ticket_invalid' ? 'The server that wrote this is gone, and the one that is here cannot go on with it.' : refusal.message;
    return failed(state, `${why} The text so far is kept; Continue goes on from here.`);
  }
  const where = PLACES[refusal.param ?? ''] ?? 'text';
  const place = where === 'prompt' && state.pending?.ask !== 'generate' ? 'text' : where;
  return { ...ended(state, ''), notice: { where: place, sentence: refusal.message } };
}

export function linked(state: State): State {
  if (state.phase === 'resuming') return { ...state, link: 'open' };
  return { ...state, link: 'open', status: state.link === 'lost' ? 'Connected again.' : state.status || 'Ready.' };
}

export function unlinked(state: State, reason: string, at: number): State {
  const status = `${reason === '' ? 'Connection lost.' : reason} Trying again\u2026`;
  switch (state.phase) {
    case 'idle':
      return { ...state, link: 'lost', status };
    case 'stopping':
      return { ...ended(state, 'Stopped.'), link: 'lost' };
    case 'asked': {
      const sentence = 'The connection was lost before the model began. Nothing was written.';
      return { ...ended(state, status), link: 'lost', notice: { where: 'text', sentence } };
    }
    case 'writing':
    case 'resuming':
      return interrupted({ ...state, link: 'lost' }, state.phase === 'resuming' ? state.gap!.since : at, 'Connection lost');
  }
}

/** A response that was cut off at the moment `since`, and that another connection is to go on with. */
export function interrupted(state: State, since: number, what: string): State {
  const status = `${what} at character ${arrived(state).toLocaleString('en')}. Going on\u2026`;
  return { ...state, phase: 'resuming', gap: { since, seconds: null }, pace: STILL, status };
}

export function ended(state: State, status: string): State {
  return { ...state, phase: 'idle', pending: null, stream: null, status };
}

/** How many characters of the response under way have arrived. */
function arrived({ text, stream }: State): number {
  return [...(text?.completion ?? '').slice(stream?.from ?? 0)].length;
}

function count(characters: number): string {
  return `${characters.toLocaleString('en')} ${characters === 1 ? 'character' : 'characters'}`;
}

function said(state: State, status: string): State {
  return state.phase === 'stopping' ? state : { ...state, status };
}

function inLine(place: number): string {
  const ending = /1\d$/.test(String(place)) ? 'th' : (['th', 'st', 'nd', 'rd'][place % 10] ?? 'th');
  return `${place}${ending} in line`;
}
