/** What the page must know of the model that answers: the server writes it into data attributes. */
export interface Model {
  /** Every character the model knows; empty when the server did not say. */
  readonly alphabet: ReadonlySet<string>;
}

export function modelOf(element: HTMLElement): Model {
  return { alphabet: new Set(element.dataset['alphabet'] ?? '') };
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
