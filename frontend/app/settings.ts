/** Five settings, each a slider and a number that are one value. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Knob, Scale } from './knobs';
import { DEFAULTS, KNOBS, numberOf, problemOf } from './knobs';
import { lenses } from './lenses';
import type { Lens, State } from './state';

export interface SettingsActions {
  set(knob: Knob, value: string): void;
  roll(): void;
  restore(): void;
  look(lens: Lens, on: boolean): void;
  unfold(open: boolean): void;
}

/** Beside the text the settings are always open; above it, on a phone, they unfold. */
export type Fold = 'fixed' | 'open' | 'closed';

type Scales = Readonly<Record<Knob, Scale>>;

export function settings(state: State, scales: Scales, fold: Fold, on: SettingsActions): TemplateResult {
  const changed = KNOBS.some((knob) => state.settings[knob] !== DEFAULTS[knob]);
  return html`
    <section class="settings" aria-label="Settings">
      <details class="settings-fold" ?open=${live(fold !== 'closed')}
        @toggle=${(event: Event) => on.unfold((event.target as HTMLDetailsElement).open)}>
        <summary class="settings-summary" tabindex=${fold === 'fixed' ? -1 : 0} @click=${(event: Event) => {
          event.preventDefault(); // toggle comes later: what is drawn in between would fold it again
          on.unfold(fold === 'closed');
        }}>
          <span class="label">Settings</span>
          <span class="settings-brief">${brief(state)}</span>
        </summary>
        ${KNOBS.map((knob) => row(knob, scales[knob], state, on))}
        <button type="button" class="link settings-restore" ?hidden=${!changed} @click=${on.restore}>Restore the defaults</button>
        ${lenses(state, on.look)}
      </details>
    </section>`;
}

function row(knob: Knob, scale: Scale, state: State, on: SettingsActions): TemplateResult {
  const typed = state.settings[knob];
  const refused = state.notice?.where === knob ? state.notice.sentence : null;
  const problem = problemOf(scale, typed) ?? refused;
  const input = (event: Event) => on.set(knob, (event.target as HTMLInputElement).value);
  return html`
    <div class="setting">
      <label class="setting-label" for=${knob}>${scale.label}</label>
      ${knob === 'seed' ? die(on) : nothing}
      <input
        id=${knob} class="setting-number" type="text" inputmode=${scale.whole ? 'numeric' : 'decimal'} autocomplete="off"
        placeholder=${scale.slider === null ? 'any' : ''}
        aria-describedby="${knob}-hint" aria-invalid=${problem === null ? 'false' : 'true'}
        .value=${live(typed)} @input=${input}
      >
      ${scale.slider === null ? nothing : html`
        <input
          class="setting-slider" type="range" aria-label="${scale.label}, slider"
          min=${scale.slider[0]} max=${scale.slider[1]} step=${scale.slider[2]}
          .value=${live(String(onSlider(scale, scale.slider, typed, knob)))} @input=${input}
        >`}
      <p class="setting-hint" id="${knob}-hint" aria-live="polite">
        ${problem === null ? html`<span>${scale.hint}</span>` : html`<span class="problem">${problem}</span>`}
        ${knob === 'seed' ? lastSeed(state, on) : nothing}
      </p>
    </div>`;
}

function onSlider(scale: Scale, [low, high]: readonly [number, number, number], typed: string, knob: Knob): number {
  const value = numberOf(scale, typed) ?? Number(DEFAULTS[knob]);
  return Math.min(high, Math.max(low, value));
}

function lastSeed(state: State, on: SettingsActions): TemplateResult | typeof nothing {
  const seed = state.text?.seed ?? null;
  if (seed === null || String(seed) === state.settings.seed) return nothing;
  return html`<span class="setting-last">This text has seed ${seed}.
    <button type="button" class="link" @click=${() => on.set('seed', String(seed))}>Keep it</button></span>`;
}

function die(on: SettingsActions): TemplateResult {
  return html`
    <button type="button" class="icon setting-die" aria-label="Roll a seed" title="Roll a seed" @click=${on.roll}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <rect x="2.5" y="2.5" width="15" height="15" rx="3.5" fill="none" stroke="currentColor" stroke-width="1.4"></rect>
        <g fill="currentColor">
          <circle cx="6.7" cy="6.7" r="1.3"></circle><circle cx="13.3" cy="6.7" r="1.3"></circle>
          <circle cx="10" cy="10" r="1.3"></circle>
          <circle cx="6.7" cy="13.3" r="1.3"></circle><circle cx="13.3" cy="13.3" r="1.3"></circle>
        </g>
      </svg>
    </button>`;
}

function brief({ settings }: State): string {
  return `temperature ${settings.temperature}, ${settings.length} characters`;
}
