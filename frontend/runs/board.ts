/** The board of runs: one state, one update, and the effects between them. */
import { html, nothing, render } from 'lit';
import type { TemplateResult } from 'lit';
import { Connection } from '../app/connection';
import { whyRefused } from '../app/signin';
import { corpusOf } from './corpora';
import { Curves } from './curves';
import { differences } from './differences';
import { draft, place } from './draft';
import { FIELDS, read } from './fields';
import { list } from './list';
import { Machine } from './machine';
import { recall, remember } from './memory';
import type { Answer, Corpora, Kept, Metrics, Presets, Run, Sample } from './protocol';
import { get, parse, post, text } from './protocol';
import type { Action } from './reduce';
import { reduce } from './reduce';
import { Schedules } from './schedules';
import { combinations, common, gridOf, searchProblems, size } from './search';
import { sheet } from './sheet';
import { Shelf } from './shelf';
import type { State } from './state';
import { BLANK, INKS, NEW, NOTHING, SCHEDULES, baseOf, charted, current, initial } from './state';
import type { Verb } from './steer';

const STREAM = '/v1/runs/stream';
const LOG_READ_EVERY_MS = 2_000;
const ASKED_AGAIN_AFTER_MS = 5_000;
const NEAR_PX = 24;
const MEASURED_EVERY_MS = 2_000;
const NONE: readonly Kept[] = [];

export function mount(root: HTMLElement): void {
  const curves = new Curves((axis) => dispatch({ type: 'axis switched', axis }));
  const machine = new Machine();
  const shelf = new Shelf(() => state, (action) => dispatch(action));
  const schedules = new Schedules();
  let state: State = initial(location.hash.slice(1), recall());
  let frame = 0;
  let logTimer = 0;
  /** What was asked for since the connection opened; another object for each connection. */
  let asked = new Set<string>();
  /** How many questions were asked, and from which one on an answer counts: an earlier one came too late. */
  let questions = 0;
  const answerable = new Map<string, number>();

  const connection = new Connection(`${location.origin.replace('http', 'ws')}${STREAM}`, {
    opened: () => {
      asked = new Set();
      dispatch({ type: 'link opened' });
    },
    lost: (reason) => dispatch({ type: 'link lost', reason }),
    received: (frame) => {
      const event = parse(frame);
      if (event === null) return;
      if (event.type === 'sample') asked.delete(`checkpoints ${event.run}`); // it was written by a new one
      if (event.type === 'run' && (event.run.halvings ?? 0) > (known(event.run.id)?.halvings ?? 0)) forget(event.run.id);
      dispatch({ type: 'received', frame: event });
      readLogLater();
    },
    isBusy: () => (state.runs ?? []).some((run) => (run.workerPid ?? run.job) !== undefined),
    refused: async () => {
      const reason = await whyRefused(STREAM);
      if (reason !== null) dispatch({ type: 'link lost', reason });
    },
  });

  function known(id: string): Run | undefined {
    return state.runs?.find((run) => run.id === id);
  }

  /** Has everything about a run asked for again. */
  function forget(id: string): void {
    for (const what of ['metrics', 'samples', 'checkpoints']) {
      asked.delete(`${what} ${id}`);
      answerable.set(`${what} ${id}`, questions + 1);
    }
  }

  function dispatch(action: Action): void {
    state = reduce(state, action);
    frame ||= requestAnimationFrame(update);
  }

  function update(): void {
    frame = 0;
    const followed = isAtEnd(root.querySelector('.sheet-log pre'));
    render(view(), root);
    const log = root.querySelector('.sheet-log pre');
    if (log !== null && followed) log.scrollTop = log.scrollHeight;
    curves.update(charted(state), state.histories, state.axis);
    const run = current(state);
    machine.update(run, run === null || run.state === 'CANCELLED' ? NONE : (state.checkpoints[run.id] ?? NONE));
    schedules.update(state);
    fetchMissing();
  }

  function view(): TemplateResult {
    const run = current(state);
    const isTimed = state.chosen === SCHEDULES;
    const isNew = state.chosen === NEW || (state.chosen === '' && state.runs?.length === 0);
    return html`
      ${state.link === 'lost' ? html`
        <p class="board-lost" role="status">
          <span>${state.reason || 'The connection is lost.'} What you see may be old; trying again\u2026</span>
          <button type="button" class="link" @click=${() => connection.retryNow()}>Try now</button>
        </p>` : nothing}
      ${list(state, {
        compare: (id, on) => {
          dispatch({ type: 'compared', run: id, on });
          remember(state.compared);
        },
      })}
      <section class="board-main" id="main" aria-label=${isTimed ? 'Schedules' : isNew ? 'New run' : 'The chosen run'}>
        ${isTimed ? schedules.element : isNew ? draft(state, {
          change: (changed) => dispatch({ type: 'drafted', draft: changed }),
          type: (field, value) => dispatch({ type: 'field typed', field, value }),
          restore: () => dispatch({ type: 'drafted', draft: { typed: {}, sample: '' } }),
          start: () => void start(),
          measure: () => void measure(),
          corpora: {
            upload: (files) => void shelf.upload(files),
            download: (corpus) => void shelf.download(corpus),
            remove: (corpus) => void shelf.remove(corpus),
            over: (isOver) => shelf.over(isOver),
          },
        }) : run !== null ? sheet(state, run, html`${curves.element}${differences(charted(state))}`, machine.element, {
          steer: (verb) => void steer(run, verb),
          confirm: (on) => dispatch({ type: 'confirming', on }),
          more: (more) => dispatch({ type: 'more typed', more }),
          clone: () => {
            dispatch({ type: 'cloned', run });
            location.hash = NEW;
          },
          log: (open) => {
            dispatch({ type: 'log opened', open });
            readLogLater(0);
          },
        }) : html`
          <p class="board-empty">${state.runs === null ? 'Reading the runs\u2026' : 'There is no run with this address.'}</p>`}
      </section>`;
  }

  function fetchMissing(): void {
    once('runs', get<{ data: readonly Run[] }>, '/v1/runs',
      ({ data }) => dispatch({ type: 'runs listed', runs: data }));
    once('presets', get<Presets>, '/v1/presets', listPresets);
    once('corpora', get<Corpora>, '/v1/corpora', (corpora) => dispatch({ type: 'corpora listed', corpora }));
    shelf.fetchMissing();
    for (const { id } of charted(state)) {
      const { isWhole, knownTo } = state.histories[id] ?? NOTHING;
      if (isWhole) continue;
      // the evaluation of the last known step may have come after it
      once(`metrics ${id}`, get<Metrics>, `${of(id)}/metrics${knownTo < 0 ? '' : `?from=${knownTo - 1}`}`,
        (metrics) => dispatch({ type: 'history loaded', run: id, metrics }));
    }
    const run = current(state);
    if (run === null) return;
    once(`checkpoints ${run.id}`, get<{ data: readonly Kept[] }>, `${of(run.id)}/checkpoints`,
      ({ data }) => dispatch({ type: 'checkpoints loaded', run: run.id, checkpoints: data }));
    once(`samples ${run.id}`, get<{ data: readonly Sample[] }>, `${of(run.id)}/samples`,
      ({ data }) => dispatch({ type: 'samples loaded', run: run.id, samples: data }));
  }

  /**
   * Asks once for each connection; an answer that began before the connection was lost is not trusted after it, nor is
   * one that a later one overtook.
   */
  function once<T>(
    what: string, ask: (address: string) => Promise<Answer<T>>, address: string, then: (value: T) => void,
  ): void {
    if (asked.has(what)) return;
    const now = asked;
    now.add(what);
    const question = ++questions;
    void ask(address).then((answer) => {
      if (now !== asked || question < (answerable.get(what) ?? 0)) return;
      answerable.set(what, question);
      if ('value' in answer) then(answer.value);
      else setTimeout(() => {
        now.delete(what);
        frame ||= requestAnimationFrame(update);
      }, ASKED_AGAIN_AFTER_MS);
    });
  }

  function readLogLater(wait = LOG_READ_EVERY_MS): void {
    if (state.log === null) return;
    if (wait === 0) clearTimeout(logTimer);
    else if (logTimer !== 0) return;
    logTimer = window.setTimeout(async () => {
      logTimer = 0;
      const run = current(state);
      if (run === null) return;
      const answer = await text(`${of(run.id)}/log`);
      if (current(state)?.id !== run.id) return;
      dispatch({ type: 'log loaded', text: 'value' in answer ? answer.value : answer.refusal.message });
    }, wait);
  }

  function listPresets(presets: Presets): void {
    dispatch({ type: 'presets listed', presets });
    if (presets.isMeasuring) setTimeout(() => {
      asked.delete('presets');
      frame ||= requestAnimationFrame(update);
    }, MEASURED_EVERY_MS);
  }

  async function measure(): Promise<void> {
    const answer = await post<Presets>('/v1/presets/measure', {});
    if ('value' in answer) listPresets(answer.value);
    else dispatch({ type: 'drafted', draft: { refusal: { ...answer.refusal, param: 'preset' } } });
  }

  async function start(): Promise<void> {
    const base = baseOf(state);
    if (base === null || state.draft.sending) return;
    const { original, name, typed, sample } = state.draft;
    const corpus = corpusOf(state)?.id ?? '';
    const grid = gridOf(typed);
    const isSearch = combinations(grid) > 1;
    const isWrong = Object.keys(searchProblems(base.config, typed)).length > 0;
    if (isWrong || size(grid, sample) === null) {
      dispatch({ type: 'drafted', draft: { unfolded: state.draft.unfolded || isWrong } });
      requestAnimationFrame(() => root.querySelector<HTMLElement>('.draft [aria-invalid="true"]')?.focus());
      return;
    }
    dispatch({ type: 'drafted', draft: { sending: true } });
    const order = {
      corpus, ...(name.trim() === '' ? {} : { name: name.trim() }), config: common(base.config, typed),
    };
    const answer = isSearch
      ? await post<{ data: readonly Run[] }>('/v1/searches', {
        ...order, ...(original === null ? { preset: base.name } : { original: original.id }), grid,
        ...(sample.trim() === '' ? {} : { sample: Number(sample) }),
      })
      : original === null
        ? await post<Run>('/v1/runs', { ...order, preset: base.name })
        : await post<Run>(`${of(original.id)}/clone`, order);
    if ('refusal' in answer) {
      const unfolded = state.draft.unfolded || (place(answer.refusal) ?? '') in FIELDS;
      dispatch({ type: 'drafted', draft: { sending: false, unfolded, refusal: answer.refusal } });
      requestAnimationFrame(() => root.querySelector<HTMLElement>('.draft [aria-invalid="true"]')?.focus());
      return;
    }
    const started = 'data' in answer.value ? answer.value.data : [answer.value];
    for (const run of started) if (known(run.id) === undefined) dispatch({ type: 'run told', run });
    if (isSearch) {
      for (const run of state.compared) dispatch({ type: 'compared', run, on: false });
      for (const { id } of started.slice(0, 2 * INKS)) dispatch({ type: 'compared', run: id, on: true });
      remember(state.compared);
    }
    const [first] = started;
    if (first === undefined) return;
    dispatch({ type: 'drafted', draft: { ...BLANK, preset: first.preset, corpus } });
    location.hash = first.id;
  }

  async function steer(run: Run, verb: Verb): Promise<void> {
    const body = verb === 'extend' ? { steps: read('steps', state.more) } : {};
    const before = known(run.id);
    const answer = await post<Run>(`${of(run.id)}/${verb}`, body);
    if ('value' in answer && known(run.id) === before) dispatch({ type: 'run told', run: answer.value });
    dispatch({ type: 'refused', refusal: 'refusal' in answer ? answer.refusal : null });
  }

  /** On a phone the run is below the list. */
  function bringUp(): void {
    const main = root.querySelector('.board-main')!;
    const { top } = main.getBoundingClientRect();
    if (top < 0 || top > innerHeight / 2) main.scrollIntoView();
  }

  addEventListener('hashchange', () => {
    dispatch({ type: 'chosen', chosen: location.hash.slice(1) });
    readLogLater(0);
    requestAnimationFrame(bringUp);
  });
  update();
}

function of(id: string): string {
  return `/v1/runs/${encodeURIComponent(id)}`;
}

function isAtEnd(element: Element | null): boolean {
  return element === null || element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
}
