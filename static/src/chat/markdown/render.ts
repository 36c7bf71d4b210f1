// From deltas to DOM. Finished blocks are rendered once and never touched again; only the last
// block changes, and an open code fence only grows.
import remend from "remend";

import { decorate } from "./decorate.js";
import { highlight } from "./highlight.js";
import { toHtml } from "./html.js";
import { sanitize } from "./sanitize.js";
import { lex, normalise, openFence, split, type Block } from "./split.js";

const MEND = { linkMode: "text-only", katex: false, setextHeadings: true } as const;

function nodesOf(tokens: Block["tokens"]): DocumentFragment {
  const fragment = sanitize(toHtml(tokens));
  decorate(fragment);
  // Newlines between blocks are the renderer's habit, not content.
  for (const node of Array.from(fragment.childNodes)) {
    if (node.nodeType === Node.TEXT_NODE && !node.textContent?.trim()) node.remove();
  }
  return fragment;
}

/** The whole of a text, as nodes. One that was broken off gets its open marks closed. */
export function renderWhole(text: string, broken = false): DocumentFragment {
  const source = normalise(text);
  return nodesOf(lex(broken ? remend(source, MEND) : source));
}

/** Makes `parent`'s children from `start` on equal to `wanted`, touching only what differs. */
export function patch(parent: Node, start: number, wanted: DocumentFragment): void {
  const fresh = [...wanted.childNodes];
  for (const [index, node] of fresh.entries()) {
    const old = parent.childNodes[start + index];
    if (!old) parent.appendChild(node);
    else if (!alike(old, node)) parent.replaceChild(node, old);
  }
  while (parent.childNodes.length > start + fresh.length) parent.lastChild?.remove();
}

/** Colours come later than the text: two code blocks are the same if their text and language are. */
function alike(a: Node, b: Node): boolean {
  if (a instanceof HTMLElement && b instanceof HTMLElement && a.matches("figure.code")) {
    return (
      b.matches("figure.code") &&
      a.dataset["language"] === b.dataset["language"] &&
      a.querySelector("code")?.textContent === b.querySelector("code")?.textContent
    );
  }
  return a.isEqualNode(b);
}

/** One answer while it is written. `root` belongs to it alone. */
export class MarkdownStream {
  private text = "";
  private tail = "";
  private pending = "";
  private settled = 0;
  private fence: { code: Text; drawn: number } | undefined;

  constructor(private readonly root: HTMLElement) {}

  /** How much has been taken, drawn or not. */
  get length(): number {
    return this.text.length;
  }

  push(delta: string): void {
    this.text += delta;
    this.pending += delta;
  }

  /** Draws what has arrived. */
  flush(): void {
    if (!this.pending) return;
    const delta = normalise(this.pending);
    // A carriage return at the end may be half of a line end: it waits for its other half.
    const held = delta.endsWith("\r") ? "\r" : "";
    this.pending = held;
    const { blocks, tail } = split(this.tail, held ? delta.slice(0, -1) : delta);
    if (blocks.length) this.settle(blocks);
    this.tail = tail;
    this.drawTail();
  }

  private settle(blocks: readonly Block[]): void {
    this.fence = undefined;
    const fragment = document.createDocumentFragment();
    for (const block of blocks) fragment.append(nodesOf(block.tokens));
    const count = fragment.childNodes.length;
    // What was drawn as the open block is mostly right already: keep it where it is.
    patch(this.root, this.settled, fragment);
    this.settled += count;
    this.colour();
  }

  /** Colours the code blocks that are finished and have not been coloured yet. */
  private colour(): void {
    for (const figure of this.root.querySelectorAll<HTMLElement>(":scope > figure.code, :scope > :not(figure) figure.code")) {
      let top: Element = figure;
      while (top.parentElement && top.parentElement !== this.root) top = top.parentElement;
      if ([...this.root.children].indexOf(top) >= this.settled) return;
      const code = figure.querySelector("code");
      if (code) void highlight(code, figure.dataset["language"] ?? "");
    }
  }

  private drawTail(): void {
    const open = openFence(this.tail);
    if (open) {
      this.drawFence(this.tail.slice(open.start));
      return;
    }
    this.fence = undefined;
    patch(this.root, this.settled, nodesOf(lex(remend(this.tail, MEND))));
  }

  /** Code only grows: its new lines are appended as text to the block that is there. */
  private drawFence(code: string): void {
    if (!this.fence) {
      patch(this.root, this.settled, nodesOf(lex(this.tail)));
      const element = this.root.lastElementChild?.querySelector("code");
      if (!element) return;
      const text = document.createTextNode(code);
      element.replaceChildren(text);
      this.fence = { code: text, drawn: code.length };
      return;
    }
    this.fence.code.appendData(code.slice(this.fence.drawn));
    this.fence.drawn = code.length;
  }

  /** The text is whole: parses it once more and corrects only what differs. */
  finish(whole = this.text, broken = false): void {
    this.text = whole;
    this.pending = this.tail = "";
    this.fence = undefined;
    patch(this.root, 0, renderWhole(whole, broken));
    this.settled = this.root.childNodes.length;
    this.colour();
  }

  /** Starts again from another text: a snapshot has replaced what was there. */
  reset(text: string): void {
    this.text = this.tail = "";
    this.fence = undefined;
    this.settled = 0;
    this.pending = "";
    this.root.replaceChildren();
    this.push(text);
    this.flush();
  }
}
