/**
 * The text as it grows, at most once a frame: one block for each line, so that a line that has been written is laid out
 * once, and ten thousand characters stay smooth. What the model writes is only ever text here, never markup.
 */
import type { Text } from './state';

export class Manuscript {
  readonly element = make('article', 'manuscript-text');
  readonly #caret = make('span', 'manuscript-caret');
  #serial = 0;
  #shown = 0;

  constructor() {
    this.element.setAttribute('aria-label', 'Text');
    this.#caret.setAttribute('aria-hidden', 'true');
  }

  update(text: Text | null, writing: boolean): void {
    this.element.hidden = text === null;
    this.#caret.hidden = !writing;
    this.element.setAttribute('aria-busy', String(writing));
    if (text === null) return;
    if (text.serial !== this.#serial) this.#begin(text);
    if (text.completion.length > this.#shown) this.#append(text.completion.slice(this.#shown), 'manuscript-completion');
    this.#shown = text.completion.length;
  }

  #begin(text: Text): void {
    this.#serial = text.serial;
    this.#shown = 0;
    this.element.replaceChildren();
    this.#breakLine();
    this.#append(text.prompt, 'manuscript-prompt');
  }

  #append(text: string, name: string): void {
    for (const piece of text.split(/(?<=\n)/)) {
      const ink = make('span', name);
      ink.textContent = piece;
      this.#caret.before(ink);
      if (piece.endsWith('\n')) this.#breakLine();
    }
  }

  #breakLine(): void {
    const line = make('div', 'manuscript-line');
    line.append(this.#caret);
    this.element.append(line);
  }
}

function make(tag: string, name: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}
