// Copying an answer: Markdown for editors, HTML for word processors, both at once.

export async function copyRich(markdown: string, rendered: HTMLElement | undefined): Promise<void> {
  if (!rendered) return navigator.clipboard.writeText(markdown);
  const copy = rendered.cloneNode(true) as HTMLElement;
  for (const part of copy.querySelectorAll("figcaption")) part.remove();
  // Nobody elsewhere can fetch them.
  for (const picture of copy.querySelectorAll("causerie-picture")) picture.replaceWith(picture.getAttribute("alt") ?? "");
  try {
    await navigator.clipboard.write([
      new ClipboardItem({
        "text/plain": new Blob([markdown], { type: "text/plain" }),
        "text/html": new Blob([copy.innerHTML], { type: "text/html" }),
      }),
    ]);
  } catch {
    await navigator.clipboard.writeText(markdown);
  }
}
