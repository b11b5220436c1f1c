/** The time machine: what each checkpoint of a run makes of the same prompt with the same seed; and promotion. */
import { html, nothing, render } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Answer, Kept, Refusal, Run } from './protocol';
import { get, post } from './protocol';
import { count, loss } from './words';

const CHARACTERS = 300;
const ASK_AFTER_MS = 150;
const EACH_MS = 900;
const LARGEST_SEED = 2 ** 31 - 1;

interface Completion {
  readonly choices: readonly { readonly text: string }[];
}

interface Model {
  readonly id: string;
  readonly checkpoint: string;
  readonly protocol: string;
  readonly validation_loss?: number;
}

/** The model that answers now, beside the checkpoint that could. */
interface Rival {
  readonly model: Model;
  readonly text: Answer<string>;
}

export class Machine {
  readonly element = document.createElement('section');
  #run: Run | null = null;
  #all: readonly Kept[] = [];
  #at = 0;
  #prompt = 'The ';
  #seed = '1';
  readonly #answers = new Map<string, Answer<string>>();
  readonly #asked = new Set<string>();
  #askTimer = 0;
  #playTimer = 0;
  #rival: Rival | null = null;
  /** What a promotion or the way back came to. */
  #outcome: { readonly sentence: string; readonly isGood: boolean } | null = null;
  #busy = false;

  constructor() {
    this.element.className = 'machine';
    this.element.setAttribute('aria-label', 'Time machine');
  }

  /** @param all the run's checkpoints, in order; a slider that stands at the newest goes on with it */
  update(run: Run | null, all: readonly Kept[]): void {
    const isOther = run?.id !== this.#run?.id;
    if (!isOther && all === this.#all) {
      this.#run = run;
      return;
    }
    const wasNewest = this.#at >= this.#all.length - 1;
    if (isOther) {
      this.#stop();
      this.#rival = null;
      this.#outcome = null;
    }
    this.#run = run;
    this.#all = all;
    if (isOther || (wasNewest && this.#rival === null) || this.#at >= all.length) this.#at = Math.max(0, all.length - 1);
    this.#render();
  }

  get #kept(): Kept | undefined {
    return this.#all[this.#at];
  }

  #render(): void {
    render(this.#view(), this.element);
    clearTimeout(this.#askTimer);
    const kept = this.#kept;
    if (kept !== undefined && this.#wrongSeed() === null && !this.#asked.has(this.#key(kept))) {
      this.#askTimer = window.setTimeout(() => void this.#ask(kept), ASK_AFTER_MS);
    }
  }

  #key({ sha256 }: { readonly sha256: string }): string {
    return JSON.stringify([sha256, this.#seed.trim(), this.#prompt]);
  }

  async #ask(kept: Kept): Promise<void> {
    const key = this.#key(kept);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    const answer = await this.#complete({ model: kept.model });
    if ('refusal' in answer) this.#asked.delete(key); // asked again when something changes
    this.#answers.set(key, answer);
    render(this.#view(), this.element);
  }

  async #complete(model: { readonly model?: string }): Promise<Answer<string>> {
    const prompt = this.#prompt;
    const answer = await post<Completion>('/v1/completions', {
      ...model, prompt, seed: Number(this.#seed), max_tokens: CHARACTERS, temperature: 0.8, top_k: 40,
    });
    return 'refusal' in answer ? answer : { value: answer.value.choices[0]!.text };
  }

  #wrongSeed(): string | null {
    const seed = this.#seed.trim();
    const isGood = /^[0-9]+$/.test(seed) && Number(seed) <= LARGEST_SEED;
    return isGood ? null : `The seed is a whole number from 0 to ${count(LARGEST_SEED)}.`;
  }

  #view(): TemplateResult | typeof nothing {
    const kept = this.#kept;
    if (kept === undefined) return nothing;
    const wrong = this.#wrongSeed();
    return html`
      <h3 class="sheet-heading">Time machine</h3>
      <div class="machine-wish">
        <label class="machine-prompt"><span class="label">Prompt</span>
          <textarea class="field-input" rows="1" spellcheck="false" .value=${live(this.#prompt)}
            @input=${(event: Event) => this.#change(() => { this.#prompt = (event.target as HTMLTextAreaElement).value; })}
          ></textarea></label>
        <label><span class="label">Seed</span>
          <input class="field-input" type="text" inputmode="numeric" autocomplete="off" aria-describedby="machine-problem"
            aria-invalid=${wrong === null ? 'false' : 'true'} .value=${live(this.#seed)}
            @input=${(event: Event) => this.#change(() => { this.#seed = (event.target as HTMLInputElement).value; })}
          ></label>
      </div>
      <p class="problem" id="machine-problem" ?hidden=${wrong === null}>${wrong}</p>
      <div class="machine-slider">
        <button type="button" class="quiet" @click=${() => this.#toggle()}
        >${this.#playTimer === 0 ? 'Play' : 'Pause'}</button>
        <input type="range" min="0" max=${this.#all.length - 1} .value=${live(String(this.#at))} aria-label="Checkpoint"
          aria-valuetext="Step ${count(kept.step)}"
          @input=${(event: Event) => this.#change(() => {
            this.#stop();
            this.#at = Number((event.target as HTMLInputElement).value);
          })}>
        <p class="machine-step">Step ${count(kept.step)}<small>${kept.valLoss === undefined
          ? 'before learning' : `validation loss ${loss(kept.valLoss)}`}</small></p>
      </div>
      ${this.#text(this.#answers.get(this.#key(kept)))}
      <div class="machine-foot">
        <button type="button" class="quiet" aria-disabled=${this.#busy ? 'true' : 'false'}
          title="Compares this checkpoint with the model that answers" @click=${() => void this.#compare()}
        >Promote\u2026</button>
        ${this.#outcome === null ? nothing : html`
          <p class=${this.#outcome.isGood ? 'machine-outcome' : 'problem'} role="status">${this.#outcome.sentence}
            ${this.#outcome.isGood ? html`
              <button type="button" class="link" @click=${() => void this.#rollBack()}>Roll back</button>
              <a class="link" href="/">Write with it</a>` : nothing}</p>`}
      </div>
      ${this.#rival === null ? nothing : this.#comparison(this.#rival, kept)}`;
  }

  #text(answer: Answer<string> | undefined): TemplateResult {
    return answer !== undefined && 'refusal' in answer
      ? html`<p class="problem machine-text">${answer.refusal.message}</p>`
      : html`<p class="sheet-text machine-text" aria-busy=${answer === undefined ? 'true' : 'false'}
        ><span class="machine-given">${this.#prompt}</span>${answer?.value ?? ''}</p>`;
  }

  #comparison({ model, text }: Rival, kept: Kept): TemplateResult {
    const isSame = model.checkpoint === kept.sha256;
    return html`
      <div class="machine-comparison">
        <div>
          <h4 class="label">Answers now</h4>
          <p class="machine-loss">${loss(model.validation_loss)} <small>${model.protocol}</small></p>
          ${this.#text(text)}
        </div>
        <div>
          <h4 class="label">Step ${count(kept.step)} of this run</h4>
          <p class="machine-loss">${loss(kept.valLoss)} <small>${this.#run?.protocol}</small></p>
          ${this.#text(this.#answers.get(this.#key(kept)))}
        </div>
        <p class="machine-verdict">
          ${isSame ? 'This checkpoint answers already.' : model.protocol === this.#run?.protocol ? nothing : html`
            <span class="sheet-note">Losses of different protocols cannot be compared.</span>`}
          ${isSame ? nothing : html`
            <button type="button" class="primary" aria-disabled=${this.#busy ? 'true' : 'false'}
              @click=${() => void this.#promote(kept)}>Let step ${count(kept.step)} answer</button>`}
          <button type="button" class="quiet" @click=${() => this.#change(() => { this.#rival = null; })}>Close</button>
        </p>
      </div>`;
  }

  #change(what: () => void): void {
    what();
    this.#render();
  }

  #toggle(): void {
    if (this.#playTimer !== 0) return this.#change(() => this.#stop());
    this.#change(() => {
      this.#rival = null; // what is compared shall not change by itself
      if (this.#at === this.#all.length - 1) this.#at = 0;
      this.#playTimer = window.setInterval(() => this.#next(), EACH_MS);
    });
  }

  /** Waits for an answer that is not there yet, so that none is passed over. */
  #next(): void {
    const kept = this.#kept;
    if (kept !== undefined && !this.#answers.has(this.#key(kept))) return;
    this.#change(() => {
      this.#at = Math.min(this.#at + 1, this.#all.length - 1);
      if (this.#at === this.#all.length - 1) this.#stop();
    });
  }

  #stop(): void {
    clearInterval(this.#playTimer);
    this.#playTimer = 0;
  }

  async #compare(): Promise<void> {
    this.#stop();
    await this.#busily(async () => {
      const [models, text] = await Promise.all([get<{ data: readonly Model[] }>('/v1/models'), this.#complete({})]);
      if ('refusal' in models) return this.#failed(models.refusal);
      this.#rival = { model: models.value.data[0]!, text };
    });
  }

  async #promote(kept: Kept): Promise<void> {
    await this.#busily(async () => {
      const answer = await post(`/v1/admin/models/${encodeURIComponent(kept.model)}/promote`, {});
      if ('refusal' in answer) return this.#failed(answer.refusal);
      this.#rival = null;
      this.#outcome = { sentence: `Step ${count(kept.step)} answers now.`, isGood: true };
    });
  }

  async #rollBack(): Promise<void> {
    await this.#busily(async () => {
      const answer = await post('/v1/admin/models/rollback', {});
      if ('refusal' in answer) return this.#failed(answer.refusal);
      this.#outcome = { sentence: 'The model before it answers again.', isGood: true };
    });
  }

  #failed({ message }: Refusal): void {
    this.#outcome = { sentence: message, isGood: false };
  }

  async #busily(work: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    const run = this.#run?.id;
    this.#change(() => { this.#busy = true; });
    await work();
    if (run !== this.#run?.id) this.#rival = null;
    this.#change(() => { this.#busy = false; });
  }
}
