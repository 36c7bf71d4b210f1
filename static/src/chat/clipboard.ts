// Copying an answer: Markdown for editors, HTML for word processors, both at once.
import { copy } from "../core/clipboard.js";

export async function copyRich(markdown: string, rendered: HTMLElement | undefined): Promise<void> {
  if (!rendered) return copy(markdown);
  const clone = rendered.cloneNode(true) as HTMLElement;
  for (const part of clone.querySelectorAll("figcaption")) part.remove();
  // Nobody elsewhere can fetch them.
  for (const picture of clone.querySelectorAll("causerie-picture")) picture.replaceWith(picture.getAttribute("alt") ?? "");
  return copy(markdown, clone.innerHTML);
}
