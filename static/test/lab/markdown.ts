// The Markdown renderer alone, for tests that need a real DOM: bundled by `lab.config.ts`.
import { MarkdownStream, renderWhole } from "../../src/chat/markdown/render.js";

/** Streams a text in the given pieces and answers the DOM's HTML, before and after the last pass. */
function stream(pieces: string[]): { streamed: string; finished: string } {
  const root = document.createElement("div");
  const markdown = new MarkdownStream(root);
  for (const piece of pieces) {
    markdown.push(piece);
    markdown.flush();
  }
  const streamed = root.innerHTML;
  markdown.finish();
  return { streamed, finished: root.innerHTML };
}

function whole(text: string): string {
  const root = document.createElement("div");
  root.append(renderWhole(text));
  return root.innerHTML;
}

/** Shows a text in the page, as an answer would. */
function show(text: string): void {
  document.body.replaceChildren(renderWhole(text));
}

/** Milliseconds of each flush while a long text arrives, sixty pieces a second. */
function flushes(pieces: string[]): number[] {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const markdown = new MarkdownStream(root);
  return pieces.map((piece) => {
    markdown.push(piece);
    const began = performance.now();
    markdown.flush();
    return performance.now() - began;
  });
}

Object.assign(globalThis, { lab: { stream, whole, show, flushes } });
