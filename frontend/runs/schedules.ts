/** Runs that start by the clock: the list of schedules, one form, and what passes between them and the server. */
import { html, nothing, render } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { choice } from './corpora';
import { card, labels, place, problem, row } from './draft';
import { FIELDS, NAMES, changes, problems } from './fields';
import type { Field } from './fields';
import type { Plan } from './plan';
import { blank, orderOf, planOf } from './plan';
import type { Answer, Preset, Preview, Refusal, Schedule } from './protocol';
import { get, post, remove } from './protocol';
import type { State } from './state';
import { SCHEDULES } from './state';
import { timetable } from './timetable';
import type { ScheduleVerb } from './timetable';
import { timing } from './timing';

const ADDRESS = '/v1/schedules';
const READ_EVERY_MS = 5_000;
const PREVIEWED_AFTER_MS = 250;

export class Schedules {
  readonly element = document.createElement('div');
  private all: readonly Schedule[] | null = null;
  private plan: Plan = blank();
  private preview: Answer<Preview> | null = null;
  private previewed = '';
  private doomed = '';
  private refusal: Refusal | null = null;
  private board: State | null = null;
  private reader = 0;
  /** How many changes were told of: a list that was asked for before one of them is old. */
  private changes = 0;
  private asker = 0;

  /** To be called whenever the page changes; works only while the schedules are looked at. */
  update(board: State): void {
    this.board = board;
    if (board.chosen !== SCHEDULES) {
      clearInterval(this.reader);
      this.reader = 0;
      return;
    }
    if (this.reader === 0) {
      this.reader = window.setInterval(() => void this.read(), READ_EVERY_MS);
      void this.read();
    }
    this.draw();
  }

  private draw(): void {
    const { board } = this;
    if (board === null || board.chosen !== SCHEDULES) return;
    render(this.view(board), this.element);
    this.askForPreview();
  }

  private async read(): Promise<void> {
    const { changes } = this;
    const answer = await get<{ data: readonly Schedule[] }>(ADDRESS);
    if (changes !== this.changes) return this.read();
    if ('value' in answer) this.all = answer.value.data;
    this.draw();
  }

  private askForPreview(): void {
    const { cron, timeZone } = this.plan;
    const query = new URLSearchParams({ cron, timeZone }).toString();
    if (query === this.previewed) return;
    this.previewed = query;
    clearTimeout(this.asker);
    this.asker = window.setTimeout(async () => {
      const answer = await get<Preview>(`${ADDRESS}/preview?${query}`);
      if (query !== this.previewed) return; // something else was typed
      this.preview = answer;
      this.draw();
    }, PREVIEWED_AFTER_MS);
  }

  private view(board: State): TemplateResult {
    return html`
      <h2 class="draft-title">Schedules</h2>
      ${this.all === null ? html`<p class="board-empty">Reading the schedules\u2026</p>` : timetable(this.all, this.doomed, {
        act: (schedule, verb) => void this.act(schedule, verb),
        edit: (schedule) => this.edit(planOf(schedule)),
        remove: (schedule) => void this.remove(schedule),
      })}
      ${this.refusal === null ? nothing : html`<p class="problem" role="alert">${this.refusal.message}</p>`}
      ${this.form(board)}`;
  }

  private form({ presets, corpora }: State): TemplateResult {
    const { plan } = this;
    const preset = presets.find(({ name }) => name === plan.preset) ?? presets[0];
    if (preset === undefined) return html`<p class="board-empty">Reading what a run can start from\u2026</p>`;
    const wrong = problems(preset.config, plan.typed);
    const changed = Object.keys(changes(preset.config, plan.typed)) as Field[];
    const at = place(plan.refusal);
    const about = (where: string) => (at === where ? plan.refusal!.message : null);
    const isTold = at !== null || ['cron', 'timeZone'].includes(plan.refusal?.param ?? '');
    const texts = corpora.filter(({ name }, at) => corpora.findIndex((one) => one.name === name) === at);
    const text = texts.find(({ name }) => name === plan.corpus) ?? texts[0];
    return html`
      <form class="draft schedule-form" novalidate @submit=${(event: Event) => {
        event.preventDefault();
        void this.save(preset, text?.name ?? '');
      }}>
        <h3 class="sheet-heading">${plan.id === '' ? 'New schedule' : 'Change the schedule'}</h3>
        <div class="draft-row">
          <div class="field">
            <label class="field-label" for="name">Name</label>
            <input
              id="name" class="field-input" type="text" autocomplete="off" placeholder="its runs get it, too"
              aria-describedby="name-problem" aria-invalid=${at === 'name' ? 'true' : 'false'}
              .value=${live(plan.name)}
              @input=${(event: Event) => this.change({ name: (event.target as HTMLInputElement).value })}
            >
            ${problem('name', about('name'))}
          </div>
          <div class="field">
            <label class="field-label" for="corpus">Corpus</label>
            <select
              id="corpus" class="field-input"
              aria-describedby="corpus-problem" aria-invalid=${at === 'corpus' ? 'true' : 'false'}
              @change=${(event: Event) => this.change({ corpus: (event.target as HTMLSelectElement).value })}
            >${texts.map((one) => html`
              <option value=${one.name} ?selected=${live(one === text)}>${choice(one)}</option>`)}
            </select>
            ${problem('corpus', about('corpus'), 'Each run learns the text that has this name then: it may have grown.')}
          </div>
        </div>
        ${timing(plan, this.preview, { change: (some) => this.change(some) })}
        <fieldset class="draft-presets" aria-describedby="preset-problem">
          <legend class="label">Preset</legend>
          ${presets.map((one) => card(one, one === preset, () => this.change({ preset: one.name })))}
          ${problem('preset', about('preset'))}
        </fieldset>
        <details class="draft-fold" ?open=${live(plan.unfolded)} @toggle=${(event: Event) => {
          const { open } = event.target as HTMLDetailsElement;
          if (open !== plan.unfolded) this.change({ unfolded: open });
        }}>
          <summary class="draft-summary" @click=${(event: Event) => {
            event.preventDefault(); // toggle comes later: what is drawn in between would fold it again
            this.change({ unfolded: !plan.unfolded });
          }}>
            <span>All values</span>
            <span class="draft-brief">${changed.length === 0 ? `as in ${preset.name}` : `changed: ${labels(changed)}`}</span>
          </summary>
          <div class="draft-fields">
            ${NAMES.map((field) => row(field, preset.config, plan.typed, changed.includes(field), wrong[field] ?? about(field),
              (value) => this.change({ typed: { ...this.plan.typed, [field]: value } })))}
          </div>
        </details>
        <div class="draft-foot">
          <button type="submit" class="primary" aria-disabled=${plan.sending ? 'true' : 'false'}
          >${plan.sending ? 'Asking\u2026' : plan.id === '' ? 'Make the schedule' : 'Save the changes'}</button>
          ${plan.id === '' ? nothing : html`
            <button type="button" class="quiet" @click=${() => this.edit(blank())}>Cancel</button>`}
          ${problem('draft', plan.refusal !== null && !isTold ? plan.refusal.message : null)}
        </div>
      </form>`;
  }

  private change(some: Partial<Plan>): void {
    this.plan = { ...this.plan, refusal: null, ...some };
    this.draw();
  }

  private edit(plan: Plan): void {
    this.plan = plan;
    this.draw();
    this.element.querySelector<HTMLElement>('#name')?.focus();
  }

  private async save(preset: Preset, corpus: string): Promise<void> {
    const { plan } = this;
    if (plan.sending) return;
    const order = orderOf(plan, preset, corpus);
    if (order === null) {
      this.change({ unfolded: true });
      this.leadToProblem();
      return;
    }
    this.change({ sending: true });
    const answer = plan.id === '' ? await post<Schedule>(ADDRESS, order) : await post<Schedule>(of(plan), order, 'PUT');
    if ('refusal' in answer) {
      const unfolded = plan.unfolded || (place(answer.refusal) ?? '') in FIELDS;
      this.change({ sending: false, refusal: answer.refusal, unfolded });
      this.leadToProblem();
      return;
    }
    this.plan = blank();
    this.told(answer.value);
    this.element.scrollIntoView();
  }

  private leadToProblem(): void {
    this.element.querySelector<HTMLElement>('.draft [aria-invalid="true"]')?.focus();
  }

  private async act(schedule: Schedule, verb: ScheduleVerb): Promise<void> {
    this.doomed = '';
    const answer = await post<Schedule>(`${of(schedule)}/${verb}`, {});
    this.refusal = 'refusal' in answer ? answer.refusal : null;
    if ('value' in answer) this.told(answer.value);
    else this.draw();
  }

  private async remove(schedule: Schedule): Promise<void> {
    if (this.doomed !== schedule.id) {
      this.doomed = schedule.id;
      this.draw();
      return;
    }
    const answer = await remove(of(schedule));
    this.refusal = 'refusal' in answer ? answer.refusal : null;
    if (this.plan.id === schedule.id) this.plan = blank();
    this.changes++;
    await this.read();
  }

  private told(schedule: Schedule): void {
    const all = this.all ?? [];
    const isKnown = all.some(({ id }) => id === schedule.id);
    this.all = isKnown ? all.map((one) => (one.id === schedule.id ? schedule : one)) : [schedule, ...all];
    this.refusal = null;
    this.changes++;
    this.draw();
  }
}

function of({ id }: { readonly id: string }): string {
  return `${ADDRESS}/${encodeURIComponent(id)}`;
}
