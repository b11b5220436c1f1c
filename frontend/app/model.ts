/** What the page must know of the model that answers: the server writes it into the page. */
export interface Model {
  /** Every character the model knows; empty when the server did not say. */
  readonly alphabet: ReadonlySet<string>;
}

const MASTHEAD = '.masthead-model';

export function modelOf(element: HTMLElement): Model {
  return { alphabet: new Set(element.dataset['alphabet'] ?? '') };
}

/**
 * The model that answers now, which may be another than when the page was opened: what the server would write into the
 * page is put in its place. Null when nothing has changed, or the server does not say.
 */
export async function renewed(element: HTMLElement): Promise<Model | null> {
  const response = await fetch(location.pathname, { headers: { accept: 'text/html' } }).catch(() => null);
  if (response === null || !response.ok) return null;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const [fresh, desk] = [page.querySelector(MASTHEAD), page.querySelector<HTMLElement>('main.desk')];
  const shown = document.querySelector(MASTHEAD);
  if (fresh === null || desk === null || shown === null) return null;
  const alphabet = desk.dataset['alphabet'] ?? '';
  if (fresh.isEqualNode(shown) && alphabet === element.dataset['alphabet']) return null;
  shown.replaceWith(fresh);
  element.dataset['alphabet'] = alphabet;
  return modelOf(element);
}

/** The characters of `text` that the model has never seen, each once, in order of appearance. */
export function unknownCharacters(text: string, model: Model): string[] {
  if (model.alphabet.size === 0) return [];
  return [...new Set(text)].filter((character) => !model.alphabet.has(character));
}

export function withoutUnknown(text: string, model: Model): string {
  return [...text].filter((character) => model.alphabet.has(character)).join('');
}

/** One sentence for the reader, or null when the model can read all of `text`. */
export function unknownSentence(text: string, model: Model): string | null {
  const unknown = unknownCharacters(text, model);
  if (unknown.length === 0) return null;
  const shown = unknown.slice(0, 6).map(visible).join(', ');
  const rest = unknown.length > 6 ? ` and ${unknown.length - 6} more` : '';
  return `The model has never seen ${shown}${rest}, so it cannot go on from this prompt.`;
}

function visible(character: string): string {
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `\u201c${character}\u201d (${code})` : code;
}
