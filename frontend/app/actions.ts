/** The bar at the foot of the window: what can be done now, and what is going on. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { State } from './state';
import { isBusy } from './state';

export interface ActionsActions {
  generate(): void;
  goOn(): void;
  regenerate(): void;
  copy(): void;
  stop(event: MouseEvent): void;
  retry(): void;
}

const COMMAND = /Mac|iPhone|iPad/.test(navigator.platform) ? '\u2318' : 'Ctrl';

export function actions(state: State, on: ActionsActions): TemplateResult {
  const busy = isBusy(state);
  const none = state.text === null;
  return html`
    <section class="actions" aria-label="Writing">
      <div class="actions-state">
        <p class="actions-status" role="status" data-link=${state.link}>${state.status}</p>
        ${state.link === 'lost' ? html`<button type="button" class="link" @click=${on.retry}>Try now</button>` : nothing}
        ${state.pace.perSecond === null ? nothing : html`<p class="actions-pace">${perSecond(state.pace.perSecond)}</p>`}
      </div>
      <div class="actions-buttons">
        <button
          type="button" class="primary" aria-keyshortcuts=${busy ? 'Escape' : 'Control+Enter Meta+Enter'}
          @click=${busy ? on.stop : on.generate}
        >${busy ? 'Stop' : 'Generate'}<kbd aria-hidden="true">${busy ? 'Esc' : `${COMMAND} \u21b5`}</kbd></button>
        ${button('Continue', busy || none, on.goOn)}
        ${button('Regenerate', busy || none, on.regenerate)}
        ${button('Copy', none, on.copy)}
      </div>
    </section>`;
}

/** A button that stays in the tab order while it can do nothing, so that the keyboard does not lose its place. */
function button(label: string, off: boolean, act: () => void): TemplateResult {
  return html`<button type="button" class="quiet" aria-disabled=${off ? 'true' : 'false'}
    @click=${off ? () => {} : act}>${label}</button>`;
}

function perSecond(rate: number): string {
  return `${Math.round(rate).toLocaleString('en')} characters/s`;
}
