/** What is done with corpora: uploaded, downloaded, deleted and looked at. */
import type { Texts } from './corpora';
import { corpusOf } from './corpora';
import type { Answer, Corpora, Corpus } from './protocol';
import { get, post, remove, upload } from './protocol';
import type { Action } from './reduce';
import type { State } from './state';
import { current } from './state';

const CORPORA = '/v1/corpora';
const LOOKED_AGAIN_AFTER_MS = 700;
const LONGEST_NAME = 64;

export class Shelf {
  private looking = 0;
  private readonly asked = new Set<string>();

  constructor(private readonly state: () => State, private readonly dispatch: (action: Action) => void) {
    // a text that misses its place by a finger must not replace the page
    for (const type of ['dragover', 'drop']) addEventListener(type, (event) => event.preventDefault());
  }

  over(isOver: boolean): void {
    this.tell({ isOver });
  }

  async upload(files: FileList | null): Promise<void> {
    const file = files?.[0];
    const { mostBytes, upload: now } = this.state().texts;
    if (file === undefined || now !== null) return;
    if (files!.length > 1) return this.refuse('One text at a time, please.');
    if (mostBytes > 0 && file.size > mostBytes) {
      return this.refuse(`${file.name} has ${file.size} bytes; a corpus may have at most ${mostBytes}.`);
    }
    const name = this.nameOf(file);
    const progress = (sent: number) => this.tell({ upload: { name, sent, of: Math.max(file.size, 1) } });
    progress(0);
    const answer = await upload(`${CORPORA}?name=${encodeURIComponent(name)}`, file, progress);
    if ('refusal' in answer) return this.tell({ upload: null, news: '', refusal: answer.refusal });
    const { corpus, isNew } = answer.value;
    this.see(corpus);
    this.tell({
      upload: null, refusal: null,
      news: isNew ? `${corpus.name} is uploaded.` : `That text is there already, as ${corpus.name}.`,
    });
    await this.list();
    this.dispatch({ type: 'drafted', draft: { corpus: corpus.id } });
  }

  async download(corpus: Corpus): Promise<void> {
    const answer = await post<Corpus>(`${of(corpus)}/download`, {});
    this.tell({ news: '', refusal: 'refusal' in answer ? answer.refusal : null });
    await this.list();
  }

  async remove(corpus: Corpus): Promise<void> {
    if (!confirm(`Delete ${corpus.name}? Models that learnt it stay.`)) return;
    const answer = await remove(of(corpus));
    if ('refusal' in answer) return this.tell({ news: '', refusal: answer.refusal });
    this.tell({ news: `${corpus.name} is deleted.`, refusal: null });
    await this.list();
  }

  /** Fetches how the chosen corpus begins, and looks again while a download is under way. */
  fetchMissing(): void {
    const state = this.state();
    const corpus = corpusOf(state);
    const isShown = current(state) === null && corpus?.state === 'READY';
    if (isShown && state.texts.seen[corpus.id] === undefined && !this.asked.has(corpus.id)) {
      this.asked.add(corpus.id);
      void get<Corpus>(of(corpus)).then((answer) => {
        if ('value' in answer) this.see(answer.value);
      });
    }
    if (state.corpora.some((one) => one.state === 'DOWNLOADING')) {
      this.looking ||= window.setTimeout(() => {
        this.looking = 0;
        void this.list().then(() => this.fetchMissing());
      }, LOOKED_AGAIN_AFTER_MS);
    }
  }

  private async list(): Promise<Answer<Corpora>> {
    const answer = await get<Corpora>(CORPORA);
    if ('value' in answer) this.dispatch({ type: 'corpora listed', corpora: answer.value });
    return answer;
  }

  private see(corpus: Corpus): void {
    this.tell({ seen: { ...this.state().texts.seen, [corpus.id]: corpus } });
  }

  private refuse(message: string): void {
    this.tell({ news: '', refusal: { message } });
  }

  private tell(texts: Partial<Texts>): void {
    this.dispatch({ type: 'texts told', texts });
  }

  /** The file's name without its ending, as far as a corpus may have it. */
  private nameOf(file: File): string {
    const name = file.name.normalize('NFC').replace(/\.[^.]+$/, '')
      .replace(/[^\p{L}\p{M}\p{N} ._-]+/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '')
      .slice(0, LONGEST_NAME - 3).replace(/[^\p{L}\p{M}\p{N}]+$/u, '') || 'text';
    const isTaken = this.state().corpora
      .some((one) => one.source !== 'uploaded' && one.name === name.toLowerCase());
    return isTaken ? `my ${name}` : name;
  }
}

function of({ id }: Corpus): string {
  return `${CORPORA}/${encodeURIComponent(id)}`;
}
