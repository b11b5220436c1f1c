/** The part of a schedule's form that says when. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { problem } from './draft';
import type { Plan } from './plan';
import { NIGHTLY } from './plan';
import type { Answer, Missed, Overlap, Preview } from './protocol';
import { clock, sentence } from './words';

const READY: Readonly<Record<string, string>> = {
  'Every night at 2': NIGHTLY, 'Every Monday at 2': '0 2 * * 1', 'Every weekday at 2': '0 2 * * 1-5',
  'The first of each month': '0 2 1 * *', 'Every hour': '0 * * * *',
};

const OVERLAPS: Readonly<Record<Overlap, readonly [string, string]>> = {
  SKIP: ['Skip', 'While a run of this schedule has not ended, no new one is started.'],
  QUEUE: ['Queue', 'A new run waits until the one before has ended.'],
  REPLACE: ['Replace', 'The run that has not ended is stopped, and a new one is queued.'],
};

const MISSES: Readonly<Record<Missed, readonly [string, string]>> = {
  FIRE_ONCE: ['Catch up once', 'When no server was there at the time, one run is started as soon as there is one.'],
  SKIP: ['Skip', 'When no server was there at the time, nothing is started until the next one.'],
};

export function timing(
  plan: Plan, preview: Answer<Preview> | null, on: { change(changed: Partial<Plan>): void },
): TemplateResult {
  const refused = preview !== null && 'refusal' in preview ? preview.refusal : plan.refusal;
  const about = (field: string) => (refused?.param === field ? refused.message : null);
  return html`
    <div class="schedule-ready" role="group" aria-label="Ready choices">
      ${Object.entries(READY).map(([label, cron]) => html`
        <button
          type="button" class="quiet" aria-pressed=${plan.cron === cron ? 'true' : 'false'}
          @click=${() => on.change({ cron })}
        >${label}</button>`)}
    </div>
    <div class="draft-row">
      <div class="field">
        <label class="field-label" for="cron">Cron</label>
        <input
          id="cron" class="field-input" type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
          aria-describedby="cron-problem" aria-invalid=${about('cron') === null ? 'false' : 'true'}
          .value=${live(plan.cron)} @input=${(event: Event) => on.change({ cron: value(event) })}
        >
        ${problem('cron', about('cron'), 'Minutes, hours, days of the month, months, days of the week.')}
      </div>
      <div class="field">
        <label class="field-label" for="zone">Time zone</label>
        <input
          id="zone" class="field-input" type="text" list="zones" autocomplete="off" autocapitalize="off" spellcheck="false"
          aria-describedby="zone-problem" aria-invalid=${about('timeZone') === null ? 'false' : 'true'}
          .value=${live(plan.timeZone)} @input=${(event: Event) => on.change({ timeZone: value(event) })}
        >
        <datalist id="zones">${Intl.supportedValuesOf('timeZone').map((zone) => html`<option value=${zone}></option>`)}</datalist>
        ${problem('zone', about('timeZone'))}
      </div>
    </div>
    <div class="schedule-next" aria-live="polite">
      ${preview !== null && 'value' in preview ? html`
        <p>${preview.value.words === undefined ? 'Next' : `${sentence(preview.value.words)}; next`}:</p>
        <ol>${preview.value.nextFireTimes.map((time) => html`<li>${clock(time)}</li>`)}</ol>` : nothing}
    </div>
    ${choices('overlap', 'If the last run has not ended', OVERLAPS, plan.overlap, (overlap) => on.change({ overlap }))}
    ${choices('missed', 'If a time was missed', MISSES, plan.missed, (missed) => on.change({ missed }))}`;
}

function choices<T extends string>(
  name: string, legend: string, all: Readonly<Record<T, readonly [string, string]>>, chosen: T, choose: (one: T) => void,
): TemplateResult {
  return html`
    <fieldset class="schedule-choices">
      <legend class="field-label">${legend}</legend>
      ${(Object.keys(all) as T[]).map((one) => html`
        <label>
          <input type="radio" name=${name} value=${one} .checked=${live(one === chosen)} @change=${() => choose(one)}>
          <span><b>${all[one][0]}.</b> ${all[one][1]}</span>
        </label>`)}
    </fieldset>`;
}

function value(event: Event): string {
  return (event.target as HTMLInputElement).value;
}
