/** Where the prompt is written. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Model } from './model';
import { unknownSentence } from './model';
import type { State } from './state';

const EXAMPLES = ['ROMEO:', 'HAMLET:', 'KING:', 'JULIET:'];

export interface ComposerActions {
  prompt(text: string): void;
  example(text: string): void;
  removeUnknown(): void;
}

export function composer(state: State, model: Model, on: ComposerActions): TemplateResult {
  const unknown = unknownSentence(state.prompt, model);
  const problem = unknown ?? (state.notice?.where === 'prompt' ? state.notice.sentence : null);
  return html`
    <section class="composer" aria-label="Prompt">
      <label class="label" for="prompt">Prompt</label>
      <textarea
        id="prompt" class="composer-prompt" rows="2" spellcheck="false" autocapitalize="off" autocomplete="off"
        placeholder="The model goes on from what you write here"
        aria-describedby="prompt-problem" aria-invalid=${problem === null ? 'false' : 'true'}
        .value=${live(state.prompt)}
        @input=${(event: Event) => on.prompt((event.target as HTMLTextAreaElement).value)}
      ></textarea>
      <div class="composer-problem" id="prompt-problem" aria-live="polite">
        ${problem === null ? nothing : html`<p class="problem">${problem}
          ${unknown === null ? nothing : html`<button type="button" class="link" @click=${on.removeUnknown}>Remove them</button>`}
        </p>`}
      </div>
      <p class="composer-examples">
        <span class="label">Begin with</span>
        ${EXAMPLES.map((example) => html`
          <button type="button" class="quiet" @click=${() => on.example(example)}>${example}</button>`)}
      </p>
    </section>`;
}
