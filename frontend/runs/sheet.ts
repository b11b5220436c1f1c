/** Everything about one run. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { downloads } from './downloads';
import { FIELDS, NAMES, valueOf } from './fields';
import { mark } from './mark';
import type { Preset, Run, Sample } from './protocol';
import type { State } from './state';
import { SCHEDULES } from './state';
import type { SteerActions } from './steer';
import { steer } from './steer';
import { STATES, count, curriculum, left, leftRange, loss, moment, rounded, title, valueInWords } from './words';

export interface SheetActions extends SteerActions {
  log(open: boolean): void;
}

export function sheet(state: State, run: Run, charts: TemplateResult, machine: HTMLElement, on: SheetActions): TemplateResult {
  const remaining = left(run);
  const reason = run.reason === `${STATES[run.state]}.` ? '' : run.reason;
  return html`
    <article class="sheet">
      <header class="sheet-head">
        <h2 class="sheet-title">${title(run)}</h2>
        <p class="sheet-state">
          ${mark(run.state)}
          ${reason ? html`<span class="sheet-reason">${reason}</span>` : nothing}
        </p>
      </header>
      <div class="sheet-progress">
        <progress max=${run.steps} .value=${run.step} aria-label="Steps"></progress>
        <p><span>Step ${count(run.step)} of ${count(run.steps)}</span><span>${remaining === null ? nothing : `${remaining}${leftRange(run)}`}</span></p>
      </div>
      ${steer(state, run, on)}
      <dl class="sheet-figures">
        ${figure('Validation loss', loss(run.valLoss), run.protocol)}
        ${figure('Best', loss(run.bestValLoss))}
        ${figure('Training loss', loss(run.trainLoss))}
        ${figure('Characters/s', rounded(run.charactersPerSecond))}
      </dl>
      ${charts}
      ${machine}
      ${samples(state.samples[run.id])}
      ${config(run, state.presets.find(({ name }) => name === run.preset))}
      ${downloads(run)}
      <details class="sheet-log" @toggle=${(event: Event) => on.log((event.target as HTMLDetailsElement).open)}>
        <summary class="draft-summary">Log</summary>
        <pre tabindex="0">${state.log || 'Nothing was said yet.'}</pre>
      </details>
    </article>`;
}

function figure(label: string, value: string, note = ''): TemplateResult {
  return html`
    <div><dt class="label">${label}</dt><dd>${value}${note === '' ? nothing : html` <small>${note}</small>`}</dd></div>`;
}

function samples(all: readonly Sample[] | undefined): TemplateResult {
  return html`
    <section class="sheet-samples">
      <h3 class="sheet-heading">Samples</h3>
      ${all === undefined || all.length === 0 ? html`
        <p class="sheet-note">At each evaluation the model writes a few lines; they appear here.</p>` : html`
        <ol tabindex="0" aria-label="Samples, the newest first">${all.map(({ step, text }) => html`
          <li><h4 class="label">Step ${count(step)}</h4><p class="sheet-text">${text}</p></li>`)}</ol>`}
    </section>`;
}

function config(run: Run, preset: Preset | undefined): TemplateResult {
  return html`
    <section class="sheet-config">
      <h3 class="sheet-heading">Config</h3>
      <dl>
        ${value('Preset', run.preset)}
        ${value('Corpus', run.corpus.name, run.corpus.sha256)}
        ${NAMES.map((field) => {
          const isUsual = !preset || valueOf(preset.config, field) === valueOf(run.config, field);
          const usual = isUsual ? '' : valueInWords(preset.config, field);
          return value(FIELDS[field].label, valueInWords(run.config, field), '', usual);
        })}
        ${value('Alphabet', `${run.config.model.vocabSize} characters`)}
        ${value('Curriculum', curriculum(run.config))}
        ${run.schedule === undefined ? value('Asked for', moment(run.createdAt)) : html`
          <div title=${run.schedule}>
            <dt>Started by</dt><dd><a href="#${SCHEDULES}">a schedule</a>, ${moment(run.createdAt)}</dd></div>`}
        ${run.startedAt === undefined ? nothing : value('Started', moment(run.startedAt))}
        ${run.endedAt === undefined ? nothing : value('Ended', moment(run.endedAt))}
        ${run.workerPid === undefined ? nothing : value('Worker', `process ${run.workerPid}`)}
        ${run.job === undefined ? nothing : value('Worker', `Job ${run.job}`)}
        ${(run.halvings ?? 0) === 0 ? nothing : value('Learning rate halved', `${run.halvings} times`)}
        ${(run.attempts ?? 0) < 2 ? nothing : value('Attempts', String(run.attempts))}
      </dl>
    </section>`;
}

/** @param usual what the preset says, where it says otherwise */
function value(label: string, text: string, hint = '', usual = ''): TemplateResult {
  return html`<div ?data-changed=${usual !== ''} title=${hint || nothing}>
    <dt>${label}</dt><dd>${text}${usual === '' ? nothing : html` <small>preset: ${usual}</small>`}</dd></div>`;
}
