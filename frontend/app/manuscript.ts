/**
 * The text as it grows, at most once a frame: one block for each line, so that a line that has been written is laid out
 * once, and ten thousand characters stay smooth. With probabilities each character of the completion is an element of
 * its own; without, none is. What the model writes is only ever text here, never markup.
 */
import type { Odds } from './odds';
import { nameOf, percent, tint } from './odds';
import type { Mark, Text } from './state';

export class Manuscript {
  readonly element = make('article', 'manuscript-text');
  readonly #caret = make('span', 'manuscript-caret');
  #text: Text | null = null;
  #apart = false;
  /** The element of each character, and the character of each element. */
  #characters: (HTMLElement | undefined)[] = [];
  readonly #places = new WeakMap<EventTarget, number>();
  /** Where the Tab key enters the text, and the arrows go on from. */
  #stop: HTMLElement | undefined;
  #marked: HTMLElement | undefined;

  constructor() {
    this.element.setAttribute('aria-label', 'Text');
    this.element.tabIndex = -1;
    this.#caret.setAttribute('aria-hidden', 'true');
  }

  update(text: Text | null, writing: boolean, apart: boolean, mark: Mark | null): void {
    this.element.hidden = text === null;
    this.#caret.hidden = !writing;
    this.element.setAttribute('aria-busy', String(writing));
    if (text === null) return;
    if (text.serial !== this.#text?.serial || apart !== this.#apart) this.#begin(text, apart);
    const shown = this.#text?.completion.length ?? 0;
    if (text.completion.length > shown) this.#write(text, shown);
    this.#text = text;
    this.#point(mark);
  }

  /** Which character of the completion `target` shows, or null. */
  at(target: EventTarget | null): number | null {
    return (target && this.#places.get(target)) ?? null;
  }

  /** The element of a character that has probabilities. */
  character(at: number): HTMLElement | undefined {
    return this.#characters[at];
  }

  focus(at: number): void {
    this.#offer(at);
    this.#characters[at]?.focus();
  }

  #begin(text: Text, apart: boolean): void {
    this.#text = null;
    this.#apart = apart;
    this.#characters = [];
    this.#stop = undefined;
    this.element.classList.toggle('is-apart', apart);
    this.element.replaceChildren();
    this.#breakLine();
    this.#append(text.prompt, 'manuscript-prompt');
  }

  #write(text: Text, shown: number): void {
    const more = text.completion.slice(shown);
    if (!this.#apart || text.odds.length === 0) {
      this.#append(more, 'manuscript-completion');
      return;
    }
    let at = [...text.completion.slice(0, shown)].length;
    for (const character of more) this.#set(character, at, text.odds[at++] ?? null);
  }

  #set(character: string, at: number, odds: Odds | null): void {
    const ink = this.#append(character, 'manuscript-completion');
    if (odds === null) return;
    ink.dataset['tint'] = String(tint(odds.logprob));
    ink.classList.toggle('is-new-line', character === '\n');
    this.#characters[at] = ink;
    this.#places.set(ink, at);
  }

  #append(text: string, name: string): HTMLElement {
    let ink = this.#caret;
    for (const piece of text.split(/(?<=\n)/)) {
      ink = make('span', name);
      ink.textContent = piece;
      this.#caret.before(ink);
      if (piece.endsWith('\n')) this.#breakLine();
    }
    return ink;
  }

  #breakLine(): void {
    const line = make('div', 'manuscript-line');
    line.append(this.#caret);
    this.element.append(line);
  }

  #point(mark: Mark | null): void {
    const ink = mark === null ? undefined : this.#characters[mark.at];
    this.#marked?.classList.remove('is-marked');
    this.#marked = ink;
    ink?.classList.add('is-marked');
    if (mark?.held) this.#offer(mark.at);
    else if (this.#stop === undefined) this.#offer(this.#characters.findIndex((character) => character !== undefined));
  }

  /** One character at a time is a button in the tab order: thousands would be a wall. */
  #offer(at: number): void {
    const ink = this.#characters[at];
    const odds = this.#text?.odds[at];
    if (!ink || !odds || ink === this.#stop) return;
    for (const attribute of ['role', 'tabindex', 'aria-label']) this.#stop?.removeAttribute(attribute);
    this.#stop = ink;
    ink.setAttribute('role', 'button');
    ink.setAttribute('aria-label', `${nameOf(ink.textContent)}, ${percent(odds.logprob)}`);
    ink.tabIndex = 0;
  }
}

function make(tag: string, name: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}
