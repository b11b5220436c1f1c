/** Keeps the end of the text in sight while it grows, but only for a reader who is looking at it. */
const NEAR_PX = 96;
const AIR_PX = 24;

/** Whether the reader sees where `end` stops, or nearly; `floor` is the first pixel of the window that is covered. */
export function isNear(end: Element, floor: number): boolean {
  return end.getBoundingClientRect().bottom - floor < NEAR_PX;
}

/** Scrolls down, never up, until `end` stops above `floor`. */
export function follow(end: Element, floor: number): void {
  const below = end.getBoundingClientRect().bottom + AIR_PX - floor;
  if (below > 0) scrollBy({ top: below, behavior: 'instant' });
}
