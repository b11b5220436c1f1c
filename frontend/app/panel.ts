/** What the model expected in the place of one character: its probability, and ten that could have stood there. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Alternative } from './odds';
import { bits, inkOf, nameOf, percent } from './odds';
import type { State } from './state';

/** Between a character and its panel, and between the panel and what must not be covered. */
const AIR_PX = 6;

export interface PanelActions {
  /** Goes on from the text before the character, with another in its place. */
  branch(character: string): void;
  step(by: -1 | 1): void;
  close(): void;
}

export function panel({ text, mark }: State, on: PanelActions): TemplateResult | typeof nothing {
  const odds = mark === null ? null : text?.odds[mark.at];
  if (!odds || mark === null || text === null) return nothing;
  const written = [...text.completion][mark.at]!;
  return html`
    <header class="panel-head">
      <p class="panel-written" title=${nameOf(written)}>${glyph(written)}</p>
      <p class="panel-chance">
        <strong>${percent(odds.logprob)}</strong>
        <span>${bits(odds.logprob).toFixed(1)} bits of surprise</span>
      </p>
      <p class="panel-steps">
        ${step('Previous character', 'M12.5 4l-6 6 6 6', () => on.step(-1))}
        ${step('Next character', 'M7.5 4l6 6-6 6', () => on.step(1))}
        ${step('Close', 'M5 5l10 10M15 5L5 15', on.close)}
      </p>
    </header>
    <ul class="panel-choices">
      ${odds.alternatives.map((alternative) => choice(alternative, written, on))}
    </ul>
    <p class="panel-foot">The model\u2019s own probability, before temperature. Choose another to go on from there.</p>`;
}

function choice([character, logprob]: Alternative, written: string, on: PanelActions): TemplateResult {
  const isWritten = character === written;
  return html`
    <li>
      <button
        type="button" class="panel-choice" aria-current=${isWritten ? 'true' : 'false'}
        aria-label="${nameOf(character)}, ${percent(logprob)}${isWritten ? ', written' : ''}: go on from here"
        @click=${() => on.branch(character)}
      >
        <span class="panel-glyph">${glyph(character)}</span>
        <svg class="panel-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
          <rect width=${100 * Math.exp(logprob)} height="1"></rect>
        </svg>
        <span class="panel-percent">${percent(logprob)}</span>
      </button>
    </li>`;
}

function glyph(character: string): TemplateResult | string {
  return inkOf(character) ?? html`<span class="panel-name">${nameOf(character)}</span>`;
}

function step(label: string, path: string, act: () => void): TemplateResult {
  return html`
    <button type="button" class="icon" aria-label=${label} title=${label} @click=${act}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <path d=${path} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round"></path>
      </svg>
    </button>`;
}

/** Puts the panel under its character, or over it where there is more room; on a phone it lies above `floor`. */
export function place(element: HTMLElement, character: HTMLElement | undefined, floor: number): void {
  element.hidden = character === undefined;
  if (character === undefined) return;
  const { style } = element;
  const isSheet = getComputedStyle(element).position === 'fixed';
  style.bottom = isSheet ? `${innerHeight - floor}px` : '';
  style.left = style.top = '';
  const spot = character.getBoundingClientRect();
  if (isSheet) {
    const below = spot.bottom + AIR_PX - element.getBoundingClientRect().top;
    if (below > 0) scrollBy({ top: below, behavior: 'instant' });
    return;
  }
  const room = (element.offsetParent ?? document.body).getBoundingClientRect();
  const { width, height } = element.getBoundingClientRect();
  const under = spot.bottom + AIR_PX;
  const over = spot.top - AIR_PX - height;
  const top = under + height <= floor || over < 0 ? under : over;
  style.left = `${Math.max(0, Math.min(spot.left - room.left - 24, room.width - width))}px`;
  style.top = `${top - room.top}px`;
}
