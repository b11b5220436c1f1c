/** The charts of the runs that are looked at: losses large, the rest small. */
import { html, render } from 'lit';
import type { TemplateResult } from 'lit';
import { Curve } from './curve';
import type { Line } from './curve';
import type { Run, Step } from './protocol';
import { points, smoothed } from './series';
import type { Axis, History, State } from './state';
import { INKS, NOTHING } from './state';
import { bytes, count, loss, rounded, title } from './words';

interface Small {
  readonly title: string;
  readonly curve: Curve;
  value(step: Step): number;
}

export class Curves {
  readonly element = document.createElement('div');
  readonly #switched: (axis: Axis) => void;
  readonly #loss = new Curve('large', (value) => value.toFixed(1), loss);
  readonly #small: readonly Small[] = [
    { title: 'Learning rate', curve: new Curve('small', short), value: (step) => step.learningRate },
    { title: 'Gradient norm', curve: new Curve('small', short), value: (step) => step.gradientNorm },
    { title: 'Characters/s', curve: new Curve('small', rounded), value: (step) => step.charactersPerSecond },
    { title: 'Memory', curve: new Curve('small', bytes), value: (step) => step.memoryBytes || NaN },
  ];
  #shown: readonly unknown[] = [];

  constructor(switched: (axis: Axis) => void) {
    this.element.className = 'curves';
    this.#switched = switched;
  }

  update(runs: readonly Run[], histories: State['histories'], axis: Axis): void {
    const all = runs.map((run) => histories[run.id] ?? NOTHING);
    const shown = [axis, ...runs.map(({ id }) => id), ...runs.map(title), ...all];
    if (runs.length === 0 || !this.element.isConnected || same(shown, this.#shown)) return;
    this.#shown = shown;
    render(this.#view(runs, axis), this.element);
    const isAlone = runs.length === 1;
    const lines = runs.flatMap((run, at) => losses(run, all[at]!, axis, at, isAlone));
    this.#loss.update(lines, axis, sentence(runs));
    for (const { title: what, curve, value } of this.#small) {
      const drawn = runs.map((run, at): Line => ({
        name: isAlone ? what : title(run), data: points(axis, all[at]!.steps, value), look: 'thin', run: at,
        colour: isAlone ? '--ink' : ink(at),
      }));
      curve.update(drawn, axis, `${what} of ${runs.map(title).join(', ')}`);
    }
  }

  #view(runs: readonly Run[], axis: Axis): TemplateResult {
    return html`
      <div class="curves-head">
        <h3 class="sheet-heading">Loss</h3>
        <ul class="curves-legend">${runs.length === 1 ? html`
          <li data-look="faint">training, each step</li><li data-look="strong">smoothed</li>
          <li data-look="points" data-ink="0">validation</li>` : html`
          ${runs.map((run, at) => html`<li data-look="strong" data-ink=${at % INKS}><span>${title(run)}</span></li>`)}
          <li data-look="points">validation</li>`}
        </ul>
        <div class="curves-axis" role="group" aria-label="Against">
          ${(['steps', 'minutes'] as const).map((one) => html`
            <button type="button" aria-pressed=${one === axis ? 'true' : 'false'} @click=${() => this.#switched(one)}
            >${one === 'steps' ? 'Steps' : 'Minutes'}</button>`)}
        </div>
      </div>
      ${this.#loss.element}
      <div class="curves-small">
        ${this.#small.map(({ title: what, curve }) => html`
          <div><h3 class="label curves-title">${what}</h3>${curve.element}</div>`)}
      </div>`;
  }
}

function losses(run: Run, { steps, evaluations }: History, axis: Axis, at: number, isAlone: boolean): Line[] {
  const of = isAlone ? '' : `${title(run)}, `;
  const training = { run: at, colour: isAlone ? '--ink' : ink(at) };
  return [
    { ...training, name: isAlone ? 'training' : '', look: 'faint', data: points(axis, steps, (step) => step.loss) },
    { ...training, name: `${of}smoothed`, look: 'strong', data: smoothed(axis, steps, run.steps) },
    { run: at, name: `${of}validation`, colour: ink(at), look: 'points', data: points(axis, evaluations, (one) => one.valLoss) },
  ];
}

function ink(at: number): string {
  return `--run-${at % INKS}`;
}

function sentence(runs: readonly Run[]): string {
  const each = runs.map((run) => {
    const losses = `training ${loss(run.trainLoss)}, validation ${loss(run.valLoss)}`;
    return `${title(run)}: ${losses} at step ${count(run.step)}`;
  });
  return `Training and validation loss. ${each.join('; ')}.`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function same(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((part, at) => part === other[at]);
}
