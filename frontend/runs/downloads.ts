/** What can be taken along of a run. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { Run } from './protocol';

export function downloads(run: Run): TemplateResult {
  const of = `/v1/runs/${encodeURIComponent(run.id)}`;
  const isSaved = run.bestValLoss !== undefined || (run.step > 0 && run.state !== 'RUNNING');
  return html`
    <p class="downloads">
      <span class="label">Downloads</span>
      <span>Report: <a href="${of}/report">Markdown</a></span>
      <span>Metrics: <a href="${of}/metrics.csv">CSV</a>, <a href="${of}/metrics.json">JSON</a></span>
      <span>Curve: <a href="${of}/curve.svg" download>SVG</a></span>
      <span>Checkpoint: ${isSaved ? html`<a href="${of}/checkpoint.zip">zip</a>` : 'none yet'}</span>
    </p>`;
}
