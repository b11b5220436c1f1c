/** The form in which a run is made up. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { CorporaActions } from './corpora';
import { choice, corpora, corpusOf } from './corpora';
import type { Field, Typed } from './fields';
import { FIELDS, NAMES, isChoice, shown } from './fields';
import type { Config, Preset, Refusal } from './protocol';
import { MOST, combinations, common, gridOf, searchProblems, size } from './search';
import type { Draft, State } from './state';
import { baseOf } from './state';
import { bytes, count, curriculum, duration, moment, title } from './words';

export interface DraftActions {
  change(changed: Partial<Draft>): void;
  type(field: Field, value: string): void;
  restore(): void;
  start(): void;
  measure(): void;
  readonly corpora: CorporaActions;
}

export function draft(state: State, on: DraftActions): TemplateResult {
  const base = baseOf(state);
  if (base === null) return html`<p class="board-empty">Reading what a run can start from\u2026</p>`;
  const { original, name, typed, sample, unfolded, sending, refusal } = state.draft;
  const wrong = searchProblems(base.config, typed);
  const grid = gridOf(typed);
  const all = combinations(grid);
  const runs = size(grid, sample);
  const at = place(refusal);
  const corpus = corpusOf(state);
  const changed = [...Object.keys(common(base.config, typed)), ...Object.keys(grid)] as Field[];
  return html`
    <form class="draft" novalidate @submit=${(event: Event) => {
      event.preventDefault();
      on.start();
    }}>
      <h2 class="draft-title">${original === null ? 'New run' : `New run like ${title(original)}`}</h2>
      <fieldset class="draft-presets" aria-describedby="preset-problem">
        <legend class="label">Preset</legend>
        ${state.presets.map((one) => card(one, one === base, () => on.change({ original: null, preset: one.name })))}
        ${original === null ? nothing : html`
          <p class="draft-original">Begins with ${title(original)}\u2019s values, its windows
            (${curriculum(original.config)}) and ${original.corpus.name}. A preset begins anew.</p>`}
        <p class="draft-measured">
          ${state.measuring ? 'Measuring what they cost on this machine, about a minute\u2026' : html`
            ${state.measuredAt === null ? 'What they cost on this machine was not measured yet.'
              : `Measured on this machine, ${moment(state.measuredAt)}.`}
            <button type="button" class="link" @click=${on.measure}>Measure${state.measuredAt === null ? '' : ' again'}</button>`}
        </p>
        ${problem('preset', at === 'preset' ? refusal!.message : null)}
      </fieldset>
      <div class="draft-row">
        <div class="field">
          <label class="field-label" for="corpus">Corpus</label>
          <select
            id="corpus" class="field-input"
            aria-describedby="corpus-problem" aria-invalid=${at === 'corpus' ? 'true' : 'false'}
            @change=${(event: Event) => on.change({ corpus: (event.target as HTMLSelectElement).value })}
          >${state.corpora.map((one) => html`
            <option value=${one.id} ?selected=${live(one === corpus)}>${choice(one)}</option>`)}
          </select>
          ${problem('corpus', at === 'corpus' ? refusal!.message : null, corpus?.about && `${corpus.about}.`)}
        </div>
        <div class="field">
          <label class="field-label" for="name">Name</label>
          <input
            id="name" class="field-input" type="text" autocomplete="off" placeholder="optional"
            aria-describedby="name-problem" aria-invalid=${at === 'name' ? 'true' : 'false'}
            .value=${live(name)}
            @input=${(event: Event) => on.change({ name: (event.target as HTMLInputElement).value })}
          >
          ${problem('name', at === 'name' ? refusal!.message : null)}
        </div>
      </div>
      ${corpora(state, corpus, on.corpora)}
      <details class="draft-fold" ?open=${live(unfolded)} @toggle=${(event: Event) => {
        const { open } = event.target as HTMLDetailsElement;
        if (open !== unfolded) on.change({ unfolded: open });
      }}>
        <summary class="draft-summary" @click=${(event: Event) => {
          event.preventDefault(); // toggle comes later: what is drawn in between would fold it again
          on.change({ unfolded: !unfolded });
        }}>
          <span>All values</span>
          <span class="draft-brief">${Object.keys(wrong).length > 0 ? 'something is not allowed' : changed.length === 0 ? `as in ${base.name}` : `changed: ${labels(changed)}`}</span>
        </summary>
        <p class="draft-several">Several values in a field, as 0.1; 0.2, make a run for each combination.</p>
        <div class="draft-fields">
          ${NAMES.map((field) => {
            const sentence = wrong[field] ?? (at === field ? refusal!.message : null);
            return row(field, base.config, typed, changed.includes(field), sentence, (value) => on.type(field, value));
          })}
        </div>
        <button type="button" class="link" ?hidden=${Object.keys(typed).length === 0} @click=${on.restore}
        >Restore ${base.name}\u2019s values</button>
      </details>
      ${all === 1 ? nothing : html`
        <div class="draft-row">
          <div class="field">
            <label class="field-label" for="sample">Chosen at random</label>
            <input
              id="sample" class="field-input" type="text" inputmode="numeric" autocomplete="off"
              placeholder="all ${count(all)} combinations"
              aria-describedby="sample-problem" aria-invalid=${runs === null || at === 'sample' ? 'true' : 'false'}
              .value=${live(sample)}
              @input=${(event: Event) => on.change({ sample: (event.target as HTMLInputElement).value })}
            >
            ${problem('sample', at === 'sample' ? refusal!.message : runs === null
              ? `Of ${count(all)} combinations, 1 to ${Math.min(all, MOST)} can be run at once.` : null,
              'How many of the combinations to run; they wait for each other.')}
          </div>
        </div>`}
      <div class="draft-foot">
        <button type="submit" class="primary" aria-disabled=${sending ? 'true' : 'false'}
        >${sending ? 'Asking\u2026' : all === 1 ? 'Start the run' : runs === null ? 'Start the runs' : `Start ${count(runs)} runs`}</button>
        ${problem('draft', refusal !== null && at === null ? refusal.message : null)}
      </div>
    </form>`;
}

export function card(preset: Preset, isChosen: boolean, choose: () => void): TemplateResult {
  return html`
    <label class="draft-preset">
      <input
        type="radio" name="preset" value=${preset.name} .checked=${live(isChosen)}
        @change=${choose}
      >
      <span class="draft-name">${preset.name}</span>
      <span class="draft-parameters">${count(preset.parameters)} parameters</span>
      <span class="draft-about">${preset.about}${preset.cost === undefined ? nothing : html`
        <span class="draft-cost">Here ${duration(preset.cost.seconds)}, ${bytes(preset.cost.memoryBytes)} of memory</span>`}</span>
    </label>`;
}

export function row(
  field: Field, config: Config, typed: Typed, isChanged: boolean, wrong: string | null, type: (value: string) => void,
): TemplateResult {
  const shape = FIELDS[field];
  const value = shown(config, typed, field);
  const input = (event: Event) => type((event.target as HTMLInputElement | HTMLSelectElement).value);
  return html`
    <div class="field" ?data-changed=${isChanged}>
      <label class="field-label" for=${field}>${shape.label}</label>
      ${isChoice(shape) ? html`
        <select id=${field} class="field-input" aria-describedby="${field}-problem" @change=${input}>
          ${Object.entries(shape.choices).map(([choice, label]) => html`
            <option value=${choice} ?selected=${live(choice === value)}>${label}</option>`)}
        </select>` : html`
        <input
          id=${field} class="field-input" type="text" inputmode=${shape.whole ? 'numeric' : 'decimal'} autocomplete="off"
          aria-describedby="${field}-problem" aria-invalid=${wrong === null ? 'false' : 'true'}
          .value=${live(value)} @input=${input}
        >`}
      ${problem(field, wrong, shape.hint)}
    </div>`;
}

export function problem(where: string, sentence: string | null, hint = ''): TemplateResult {
  return html`<p class="field-hint" id="${where}-problem" aria-live="polite">
    ${sentence === null ? hint : html`<span class="problem">${sentence}</span>`}</p>`;
}

export function labels(fields: readonly Field[]): string {
  return fields.map((field) => FIELDS[field].label).join(', ');
}

/** The part of the form that a refusal is about; null when it is about none. */
export function place(refusal: Refusal | null): string | null {
  const param = refusal?.param?.split('.').at(-1) ?? '';
  return param in FIELDS || ['preset', 'corpus', 'name', 'sample'].includes(param) ? param : null;
}
