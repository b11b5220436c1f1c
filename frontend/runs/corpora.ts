/** The corpus of a new run: what it is, where it is split, and how to bring one of one's own. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Corpus, Refusal } from './protocol';
import type { State } from './state';
import { bytes, count, moment } from './words';

export interface CorporaActions {
  upload(files: FileList | null): void;
  download(corpus: Corpus): void;
  remove(corpus: Corpus): void;
  over(isOver: boolean): void;
}

/** What is under way with corpora. */
export interface Texts {
  /** Of an upload, at most. */
  readonly mostBytes: number;
  readonly upload: { readonly name: string; readonly sent: number; readonly of: number } | null;
  /** What came of the last upload, a sentence. */
  readonly news: string;
  readonly refusal: Refusal | null;
  readonly isOver: boolean;
  /** The corpora that were looked at, with their previews, by id. */
  readonly seen: Readonly<Record<string, Corpus>>;
}

export const NO_TEXTS: Texts = { mostBytes: 0, upload: null, news: '', refusal: null, isOver: false, seen: {} };

const ALPHABET_SHOWN = 240;
const SIGNS: Readonly<Record<string, string>> = { '\n': '\u21b5', '\r': '\u240d', '\t': '\u21e5', '\f': '\u240c', ' ': '\u2423' };

/** The corpus that the form shows as chosen: what was chosen, else the first that is on the disk. */
export function corpusOf({ corpora, draft }: State): Corpus | undefined {
  return corpora.find(({ id }) => id === draft.corpus)
    ?? corpora.find(({ state }) => state === 'READY')
    ?? corpora[0];
}

export function choice({ name, characters, state, createdAt }: Corpus): string {
  return [
    name,
    `${count(characters)} characters`,
    state === 'ABSENT' ? 'not on the disk' : '',
    createdAt === undefined ? '' : moment(createdAt),
  ].filter((part) => part !== '').join(', ');
}

export function corpora(state: State, corpus: Corpus | undefined, on: CorporaActions): TemplateResult {
  return html`
    <section class="corpus" aria-label="Corpus">
      ${corpus === undefined ? nothing : details(corpus, state.texts, on)}
      ${zone(state.texts, on)}
    </section>`;
}

function details(corpus: Corpus, { seen }: Texts, on: CorporaActions): TemplateResult {
  const preview = seen[corpus.id]?.preview;
  return html`
    ${corpus.alphabet === undefined ? nothing : html`
      <p class="corpus-alphabet">
        <span class="label">Alphabet of ${count(corpus.vocabSize!)}</span>
        <span class="corpus-letters">${letters(corpus.alphabet)}</span>
      </p>`}
    ${preview === undefined ? nothing : html`
      <div class="corpus-parts">
        ${part(`The first ${count(corpus.trainCharacters)} characters are learnt`, preview.train, corpus.trainCharacters)}
        ${part(`The last ${count(corpus.validationCharacters)} are for validation`, preview.validation, corpus.validationCharacters)}
      </div>`}
    ${corpus.state === 'ABSENT' && corpus.source === 'catalog' ? html`
      <p class="corpus-row">
        <button type="button" class="quiet" @click=${() => on.download(corpus)}>Download ${corpus.name}</button>
        <span class="corpus-note">${bytes(corpus.bytes)}, once</span>
      </p>` : nothing}
    ${corpus.state === 'DOWNLOADING'
      ? moving(`Downloading ${corpus.name}`, corpus.receivedBytes ?? 0, corpus.bytes) : nothing}
    ${corpus.problem === undefined ? nothing : html`<p class="problem corpus-problem" role="status">${corpus.problem}</p>`}
    ${corpus.source === 'uploaded' ? html`
      <p class="corpus-row">
        <button type="button" class="quiet" @click=${() => on.remove(corpus)}>Delete ${corpus.name}</button>
      </p>` : nothing}`;
}

/** How a part begins, of so many characters. */
function part(title: string, text: string, characters: number): TemplateResult {
  return html`
    <figure class="corpus-part">
      <figcaption class="label">${title}</figcaption>
      <p class="corpus-preview">${text}${[...text].length < characters ? '\u2026' : ''}</p>
    </figure>`;
}

function letters(alphabet: string): string {
  const all = [...alphabet];
  const shown = all.slice(0, ALPHABET_SHOWN).map((letter) => SIGNS[letter] ?? letter).join(' ');
  return all.length <= ALPHABET_SHOWN ? shown : `${shown} and ${count(all.length - ALPHABET_SHOWN)} more`;
}

function zone({ upload, news, refusal, isOver, mostBytes }: Texts, on: CorporaActions): TemplateResult {
  return html`
    <label
      class="corpus-drop" ?data-over=${isOver}
      @dragover=${(event: DragEvent) => {
        event.preventDefault();
        if (!isOver) on.over(true);
      }}
      @dragleave=${() => on.over(false)}
      @drop=${(event: DragEvent) => {
        event.preventDefault();
        on.over(false);
        on.upload(event.dataTransfer?.files ?? null);
      }}
    >
      <input
        id="text" class="corpus-file" type="file" aria-label="A text of your own"
        aria-describedby="text-problem" ?disabled=${upload !== null}
        @change=${(event: Event) => {
          const input = event.target as HTMLInputElement;
          on.upload(input.files);
          input.value = '';
        }}
      >
      <span>Drop a text here, or <span class="link">choose a file</span></span>
      <span class="corpus-note">UTF-8, at most ${count(Math.floor(mostBytes / 2 ** 20))} MiB</span>
    </label>
    ${upload === null ? nothing : moving(`Uploading ${upload.name}`, upload.sent, upload.of)}
    <p class="corpus-news" id="text-problem" aria-live="polite">
      ${refusal === null ? news : html`<span class="problem">${refusal.message}</span>`}
    </p>`;
}

function moving(what: string, done: number, all: number): TemplateResult {
  return html`
    <div class="corpus-moving">
      <progress max=${all} value=${done} aria-label=${what}></progress>
      <p class="corpus-note">${what}: ${done < all ? `${bytes(done)} of ${bytes(all)}` : 'looking at it\u2026'}</p>
    </div>`;
}
