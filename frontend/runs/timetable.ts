/** All schedules: when they fire, what came of it, and what can be done to them. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Schedule } from './protocol';
import { clock, moment, sentence } from './words';

export type ScheduleVerb = 'pause' | 'resume' | 'fire';

export interface TimetableActions {
  act(schedule: Schedule, verb: ScheduleVerb): void;
  edit(schedule: Schedule): void;
  /** Asks first: only the second press deletes. */
  remove(schedule: Schedule): void;
}

/** @param doomed the id of the one whose deletion was asked for once */
export function timetable(schedules: readonly Schedule[], doomed: string, on: TimetableActions): TemplateResult {
  if (schedules.length === 0) return html`<p class="list-empty">No schedule yet. One of them could train every night.</p>`;
  return html`<ol class="schedules">${schedules.map((schedule) => row(schedule, schedule.id === doomed, on))}</ol>`;
}

function row(schedule: Schedule, isDoomed: boolean, on: TimetableActions): TemplateResult {
  const { name, cron, words, timeZone, paused, nextFireTimes, preset, corpus } = schedule;
  const button = (label: string, press: () => void) => html`
    <button type="button" class="quiet" aria-label="${label} ${name}" @click=${press}>${label}</button>`;
  return html`
    <li class="schedule" ?data-paused=${paused}>
      <h3 class="schedule-name">${name}</h3>
      <p>${words === undefined ? cron : sentence(words)}, ${timeZone} \u00b7 ${preset} on ${corpus}</p>
      <p class="schedule-when">${paused ? 'Paused' : html`Next: ${clock(nextFireTimes[0] ?? '')}`}</p>
      ${outcome(schedule)}
      <div class="schedule-acts">
        ${paused ? button('Resume', () => on.act(schedule, 'resume')) : button('Pause', () => on.act(schedule, 'pause'))}
        ${button('Fire now', () => on.act(schedule, 'fire'))}
        ${button('Edit', () => on.edit(schedule))}
        ${button(isDoomed ? 'Really delete' : 'Delete', () => on.remove(schedule))}
      </div>
    </li>`;
}

/** The newest run's id in the sentence leads to it. */
function outcome({ lastOutcome, lastRun, lastFiredAt }: Schedule): TemplateResult | typeof nothing {
  if (lastOutcome === '') return nothing;
  const at = lastRun === undefined ? -1 : lastOutcome.indexOf(lastRun);
  return html`
    <p class="schedule-outcome">
      ${lastFiredAt === undefined ? nothing : `${moment(lastFiredAt)}: `}${at < 0 ? lastOutcome : html`${lastOutcome.slice(0, at)}<a
        class="link" href="#${lastRun}">${lastRun}</a>${lastOutcome.slice(at + lastRun!.length)}`}
    </p>`;
}
