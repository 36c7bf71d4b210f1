// The one way onto the clipboard.

/**
 * Puts a text on the clipboard, beside its HTML where it has some. Pages that came without TLS are not
 * given the clipboard; they answer the copying of a selection instead. Rejects where the browser
 * refuses.
 */
export async function copy(text: string, html?: string): Promise<void> {
  const { clipboard } = navigator as { clipboard?: Clipboard };
  if (!clipboard) {
    copyAsSelection(text, html);
    return;
  }
  if (html !== undefined) {
    try {
      const blob = (type: string, part: string): Blob => new Blob([part], { type });
      await clipboard.write([
        new ClipboardItem({ "text/plain": blob("text/plain", text), "text/html": blob("text/html", html) }),
      ]);
      return;
    } catch {
      // Some take text alone.
    }
  }
  await clipboard.writeText(text);
}

function copyAsSelection(text: string, html: string | undefined): void {
  let heard = false;
  const answer = (event: ClipboardEvent): void => {
    event.clipboardData?.setData("text/plain", text);
    if (html !== undefined) event.clipboardData?.setData("text/html", html);
    event.preventDefault();
    event.stopImmediatePropagation();
    heard = true;
  };
  addEventListener("copy", answer, { capture: true });
  document.execCommand("copy");
  removeEventListener("copy", answer, { capture: true });
  if (!heard) throw new DOMException("The browser does not let this page copy.", "NotAllowedError");
}
