/** What can be done to a run in its state, in one place. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { FIELDS, isChoice, read } from './fields';
import type { Run, RunState } from './protocol';
import type { State } from './state';

export type Verb = 'pause' | 'resume' | 'stop' | 'cancel' | 'extend';

export interface SteerActions {
  steer(verb: Verb): void;
  more(steps: string): void;
  clone(): void;
  confirm(on: boolean): void;
}

interface Power {
  readonly label: string;
  readonly title: string;
  readonly states: readonly RunState[];
}

const VERBS: Readonly<Record<Verb, Power>> = {
  pause: { label: 'Pause', title: 'Saves, frees the memory and waits', states: ['RUNNING'] },
  resume: { label: 'Resume', title: 'Goes on from where it was', states: ['PAUSED', 'STOPPED', 'FAILED', 'INTERRUPTED'] },
  stop: {
    label: 'Stop', title: 'Saves and ends; can be resumed',
    states: ['QUEUED', 'STARTING', 'RUNNING', 'PAUSED', 'INTERRUPTED'],
  },
  cancel: {
    label: 'Cancel', title: 'Ends and deletes the checkpoints; the curve stays',
    states: ['QUEUED', 'STARTING', 'RUNNING', 'PAUSED', 'STOPPING', 'STOPPED', 'FAILED', 'INTERRUPTED'],
  },
  extend: { label: 'Extend', title: 'Trains for more steps', states: ['SUCCEEDED', 'STOPPED'] },
};

export function steer(state: State, run: Run, on: SteerActions): TemplateResult {
  const simple = (['pause', 'resume', 'stop'] as const).filter((verb) => VERBS[verb].states.includes(run.state));
  return html`
    <div class="steer" role="group" aria-label="Steering">
      ${simple.map((verb) => html`
        <button type="button" class="quiet" title=${VERBS[verb].title} @click=${() => on.steer(verb)}
        >${VERBS[verb].label}</button>`)}
      ${VERBS.extend.states.includes(run.state) ? extend(state, on) : nothing}
      <button type="button" class="quiet" title="Fills the form with this run\u2019s values" @click=${on.clone}
      >Clone</button>
      ${VERBS.cancel.states.includes(run.state) ? cancel(state, on) : nothing}
      ${state.refusal === null ? nothing : html`
        <p class="problem steer-problem" role="alert">${state.refusal.message}</p>`}
    </div>`;
}

function cancel({ confirming }: State, on: SteerActions): TemplateResult {
  return confirming ? html`
    <span class="steer-confirm" role="alert">Its checkpoints will be deleted.
      <button type="button" class="quiet" @click=${() => on.steer('cancel')}>Cancel and delete</button>
      <button type="button" class="quiet" @click=${() => on.confirm(false)}>Keep it</button>
    </span>` : html`
    <button type="button" class="quiet" title=${VERBS.cancel.title} @click=${() => on.confirm(true)}
    >${VERBS.cancel.label}</button>`;
}

function extend({ more }: State, on: SteerActions): TemplateResult {
  const { steps } = FIELDS;
  const isGood = read('steps', more) !== null;
  return html`
    <form class="steer-extend" @submit=${(event: Event) => {
      event.preventDefault();
      if (isGood) on.steer('extend');
    }}>
      <button type="submit" class="quiet" title=${VERBS.extend.title} aria-disabled=${isGood ? 'false' : 'true'}
      >Extend by</button>
      <input
        class="field-input" type="text" inputmode="numeric" autocomplete="off" aria-label="Steps to extend by"
        aria-invalid=${isGood ? 'false' : 'true'} aria-describedby="more-problem"
        .value=${live(more)} @input=${(event: Event) => on.more((event.target as HTMLInputElement).value)}
      >
      <span>steps</span>
      ${isGood || isChoice(steps) ? nothing : html`
        <span class="problem" id="more-problem">A whole number ${steps.range}.</span>`}
    </form>`;
}
