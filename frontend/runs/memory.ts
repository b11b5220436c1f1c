/** Which runs lie over the chart, for as long as the tab is there. */
const KEY = 'tinylm.compared';

export function remember(compared: readonly string[]): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(compared));
  } catch {
    // storage is full or forbidden: the page works without a memory
  }
}

export function recall(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
