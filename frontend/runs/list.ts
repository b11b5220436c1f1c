/** All runs: one is looked at, others are laid over it. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { mark } from './mark';
import type { Run } from './protocol';
import type { State } from './state';
import { INKS, NEW, SCHEDULES, charted, current } from './state';
import { count, left, loss, title } from './words';

export interface ListActions {
  compare(id: string, on: boolean): void;
}

export function list(state: State, on: ListActions): TemplateResult {
  const runs = state.runs ?? [];
  const isTimed = state.chosen === SCHEDULES;
  const isNew = (runs.length === 0 && !isTimed) || state.chosen === NEW;
  return html`
    <nav class="list" aria-label="Runs">
      <div class="list-head">
        <h2 class="list-title">Runs</h2>
        <a class="quiet list-schedules" href="#${SCHEDULES}" aria-current=${isTimed ? 'true' : 'false'}>Schedules</a>
        <a class=${isNew ? 'quiet' : 'primary'} href="#${NEW}" aria-current=${isNew ? 'true' : 'false'}>New run</a>
      </div>
      ${state.runs?.length === 0 ? html`<p class="list-empty">No run yet. The first one takes a minute.</p>` : nothing}
      <ol class="list-runs">${runs.map((run) => row(state, run, on))}</ol>
    </nav>`;
}

function row(state: State, run: Run, on: ListActions): TemplateResult {
  const shown = charted(state);
  const ink = shown.indexOf(run);
  const isCurrent = current(state) === run;
  const remaining = left(run);
  return html`
    <li class="list-run" ?data-current=${isCurrent}>
      <label class="list-compare" data-ink=${shown.length > 1 && ink >= 0 ? ink % INKS : nothing} title="Lay over the chart">
        <input
          type="checkbox" aria-label="Lay ${title(run)} over the chart" ?disabled=${isCurrent}
          .checked=${live(isCurrent || state.compared.includes(run.id))}
          @change=${(event: Event) => on.compare(run.id, (event.target as HTMLInputElement).checked)}
        >
      </label>
      <a class="list-link" href="#${run.id}" aria-current=${isCurrent ? 'true' : 'false'}>
        <span class="list-name">${title(run)}</span>
        <span class="list-loss" title="Validation loss">${loss(run.valLoss)}</span>
        <span class="list-state">${mark(run.state)}</span>
        <span class="list-step">${count(run.step)} / ${count(run.steps)}${remaining && ` \u00b7 ${remaining}`}</span>
      </a>
    </li>`;
}
