/** The switches for what the reader sees of the model's probabilities, and the legend of the colours. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { TINTS } from './odds';
import type { Lens, State } from './state';

const LENSES: Readonly<Record<Lens, { readonly label: string; readonly hint: string }>> = {
  probabilities: {
    label: 'Probabilities',
    hint: 'Point at a character, or tap it, to see how likely it was and what could have stood there.',
  },
  colours: { label: 'Colour by surprise', hint: 'The less the model expected a character, the stronger its colour.' },
};

export function lenses(state: State, toggle: (lens: Lens, on: boolean) => void): TemplateResult {
  return html`
    <div class="lenses" role="group" aria-label="Reading">
      ${(Object.keys(LENSES) as Lens[]).map((lens) => html`
        <div class="lens">
          <label class="lens-label" for=${lens}>${LENSES[lens].label}</label>
          <input
            id=${lens} class="lens-switch" type="checkbox" role="switch" aria-describedby="${lens}-hint"
            .checked=${live(state.lenses[lens])}
            @change=${(event: Event) => toggle(lens, (event.target as HTMLInputElement).checked)}
          >
          <p class="lens-hint" id="${lens}-hint">${hint(lens, state)}</p>
        </div>`)}
    </div>`;
}

function hint(lens: Lens, { lenses, text }: State): string {
  const unknown = lens === 'probabilities' && lenses.probabilities && text !== null && text.odds.length === 0;
  return unknown ? 'What is written from now on will have them; this text has none.' : LENSES[lens].hint;
}

export function legend({ lenses, text }: State): TemplateResult | typeof nothing {
  if (!lenses.colours || text === null) return nothing;
  return html`
    <div class="legend">
      <p class="legend-title">Chance of each character</p>
      <ul class="legend-tints">
        ${TINTS.map(({ chance }, tint) => html`<li><span class="legend-swatch" data-tint=${tint}></span>${chance}</li>`)}
      </ul>
    </div>`;
}
