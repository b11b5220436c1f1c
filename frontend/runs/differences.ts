/** In what the configs of the runs in the chart differ, and what came of it. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { FIELDS, NAMES, valueOf } from './fields';
import type { Run } from './protocol';
import { INKS } from './state';
import { curriculum, loss, title, valueInWords } from './words';

export function differences(runs: readonly Run[]): TemplateResult | typeof nothing {
  if (runs.length < 2) return nothing;
  const fields = NAMES.filter((field) => new Set(runs.map((run) => valueOf(run.config, field))).size > 1);
  const rows: (readonly [string, (run: Run) => string])[] = [
    ['Corpus', (run) => run.corpus.name],
    ...fields.map((field) => [FIELDS[field].label, (run: Run) => valueInWords(run.config, field)] as const),
    ['Curriculum', (run) => curriculum(run.config)],
    ['Learning rate halved', ({ halvings = 0 }) => (halvings === 0 ? 'never' : `${halvings} times`)],
  ];
  const differing = rows.filter(([, value]) => new Set(runs.map(value)).size > 1);
  if (differing.length === 0) return html`<p class="differences-none">These runs have the same config.</p>`;
  return html`
    <div class="differences">
      <table>
        <caption class="label">What differs</caption>
        <thead><tr>
          <td></td>${runs.map((run, at) => html`<th scope="col" data-ink=${at % INKS}>${title(run)}</th>`)}
        </tr></thead>
        <tbody>${differing.map(([label, value]) => html`
          <tr><th scope="row">${label}</th>${runs.map((run) => html`<td>${value(run)}</td>`)}</tr>`)}
        <tr><th scope="row">Best validation loss</th>${runs.map((run) => html`<td>${loss(run.bestValLoss)}</td>`)}</tr></tbody>
      </table>
    </div>`;
}
