/** Looking at characters of the completion: by pointer, by touch, by keyboard. One set of listeners for all of them. */
import type { Manuscript } from './manuscript';
import type { Mark } from './state';

/** Time to get from a character to its panel. */
const LEAVING_MS = 250;

export interface Marking {
  /** The character that is looked at now. */
  mark(): Mark | null;
  look(mark: Mark | null): void;
}

export function mountMarking(manuscript: Manuscript, panel: HTMLElement, on: Marking): void {
  const text = manuscript.element;
  let leaving = 0;

  const isHeld = () => on.mark()?.held ?? false;

  // not pointerover: text that comes to lie under a pointer at rest is not pointed at
  text.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'mouse' || event.buttons !== 0 || isHeld()) return;
    const at = manuscript.at(event.target);
    if (at === null) return leave();
    clearTimeout(leaving);
    if (at !== on.mark()?.at) on.look({ at, held: false });
  });
  text.addEventListener('pointerleave', leave);
  panel.addEventListener('pointerenter', () => clearTimeout(leaving));
  panel.addEventListener('pointerleave', leave);

  text.addEventListener('click', (event) => {
    const at = manuscript.at(event.target);
    const mark = on.mark();
    if (at === null || getSelection()?.isCollapsed === false) return;
    if (mark?.held && mark.at === at) on.look(null);
    else hold(at);
  });
  document.addEventListener('pointerdown', (event) => {
    const target = event.target as Node;
    if (on.mark() !== null && !text.contains(target) && !panel.contains(target)) on.look(null);
  });

  for (const element of [text, panel]) {
    element.addEventListener('focusout', (event) => {
      const to = event.relatedTarget as Node | null;
      if (to !== null && !text.contains(to) && !panel.contains(to)) on.look(null);
    });
    element.addEventListener('keydown', (event) => {
      const mark = on.mark();
      if (event.key !== 'Escape' || !mark?.held) return;
      event.stopPropagation(); // it closes the panel, and does not stop the model
      manuscript.focus(mark.at);
      on.look(null);
    });
  }
  text.addEventListener('keydown', (event) => {
    const at = manuscript.at(event.target);
    if (at === null || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      if (isHeld()) panel.querySelector<HTMLElement>('.panel-choice')?.focus();
      else hold(at);
    } else {
      const to = aim(manuscript, event.key, at);
      if (to === null) return;
      hold(to);
    }
    event.preventDefault();
  });

  function hold(at: number): void {
    clearTimeout(leaving);
    manuscript.focus(at);
    on.look({ at, held: true });
  }

  function leave(): void {
    clearTimeout(leaving);
    leaving = window.setTimeout(() => {
      if (!isHeld()) on.look(null);
    }, LEAVING_MS);
  }
}

/** The character that a key leads to from `at`, or null for a key that leads nowhere. */
function aim(manuscript: Manuscript, key: string, at: number): number | null {
  switch (key) {
    case 'ArrowLeft':
      return manuscript.character(at - 1) ? at - 1 : at;
    case 'ArrowRight':
      return manuscript.character(at + 1) ? at + 1 : at;
    case 'ArrowUp':
      return onNextLine(manuscript, at, -1);
    case 'ArrowDown':
      return onNextLine(manuscript, at, 1);
    default:
      return null;
  }
}

/** The character nearest to `at` on the line above or below it, as lines are on the screen. */
function onNextLine(manuscript: Manuscript, at: number, step: -1 | 1): number {
  const here = manuscript.character(at)!.getBoundingClientRect();
  let nearest = at;
  let distance = Infinity;
  let top: number | null = null;
  for (let i = at + step; ; i += step) {
    const box = manuscript.character(i)?.getBoundingClientRect();
    if (box === undefined || (top !== null && Math.abs(box.top - top) > box.height / 2)) return nearest;
    if (Math.abs(box.top - here.top) < box.height / 2) continue;
    top = box.top;
    if (Math.abs(box.left - here.left) >= distance) continue;
    nearest = i;
    distance = Math.abs(box.left - here.left);
  }
}
