/** Copies `text`; without the clipboard API (a page served without TLS) it selects `shown` and asks the document to. */
export async function copy(text: string, shown: Node): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection()?.selectAllChildren(shown);
    return document.execCommand('copy');
  }
}
