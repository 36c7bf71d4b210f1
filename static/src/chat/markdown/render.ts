// From deltas to DOM. Finished blocks are rendered once and never touched again; only the last
// block changes, and an open code fence only grows.
import remend from "remend";

import { decorate } from "./decorate.js";
import { Growing, type Pencil } from "./growing.js";
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

const PENCIL: Pencil = { draw: nodesOf, lay: patch };

/** An open fence grows by pieces of so many lines. */
const FENCE_LINES = 50;

const linesOf = (text: string): number => text.split("\n").length - 1;

/** One answer while it is written. `root` belongs to it alone. */
export class MarkdownStream {
  private text = "";
  private tail = "";
  private pending = "";
  private settled = 0;
  private fence: { element: Element; code: Text; lines: number; drawn: number } | undefined;
  /** The list or table that is the last block, once some of it is final. */
  private growing: Growing | undefined;

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
    const { blocks, tail, grown } = split(this.tail, held ? delta.slice(0, -1) : delta);
    if (grown) (this.growing ??= new Growing(this.root, this.settled, PENCIL)).take(grown);
    if (blocks.length) this.settle(blocks);
    this.tail = tail;
    this.drawTail();
  }

  private settle(blocks: readonly Block[]): void {
    this.fence = undefined;
    const start = this.settled;
    const [first, ...others] = blocks;
    const { growing } = this;
    this.growing = undefined;
    if (growing && first) {
      growing.close(first);
      this.settled++;
    }
    const fragment = document.createDocumentFragment();
    for (const block of growing ? others : blocks) fragment.append(nodesOf(block.tokens));
    const count = fragment.childNodes.length;
    // What was drawn as the open block is mostly right already: keep it where it is.
    patch(this.root, this.settled, fragment);
    this.settled += count;
    this.colour(start);
  }

  /** Colours the code of the finished blocks from `start` on; what was coloured before stays. */
  private colour(start: number): void {
    for (let index = start; index < this.settled; index++) {
      const block = this.root.childNodes[index];
      if (!(block instanceof HTMLElement)) continue;
      const figures = block.matches("figure.code") ? [block] : block.querySelectorAll<HTMLElement>("figure.code");
      for (const figure of figures) {
        const code = figure.querySelector("code");
        if (code) void highlight(code, figure.dataset["language"] ?? "");
      }
    }
  }

  private drawTail(): void {
    const open = openFence(this.tail);
    if (open) {
      this.drawFence(this.tail.slice(open.start));
      return;
    }
    this.fence = undefined;
    let mended = remend(this.tail, MEND);
    if (this.growing?.open(mended)) return;
    if (this.growing) {
      // What looked final was not: it is one open block again.
      this.tail = this.growing.source(this.tail);
      this.growing = undefined;
      mended = remend(this.tail, MEND);
    }
    patch(this.root, this.settled, nodesOf(lex(mended)));
  }

  /** Code only grows: its new lines are appended as text to the block that is there. */
  private drawFence(code: string): void {
    if (!this.fence) {
      patch(this.root, this.settled, nodesOf(lex(this.tail)));
      const element = this.root.lastElementChild?.querySelector("code");
      if (!element) return;
      const text = document.createTextNode(code);
      element.replaceChildren(text);
      this.fence = { element, code: text, lines: linesOf(code), drawn: code.length };
      return;
    }
    const { fence } = this;
    const more = code.slice(fence.drawn);
    fence.drawn = code.length;
    fence.lines += linesOf(more);
    if (fence.lines < FENCE_LINES) {
      fence.code.appendData(more);
      return;
    }
    // What stands is not laid out again for what comes.
    fence.code = document.createTextNode(more);
    fence.lines = 0;
    fence.element.append(fence.code);
  }

  /** The text is whole: parses it once more and corrects only what differs. */
  finish(whole = this.text, broken = false): void {
    this.text = whole;
    this.pending = this.tail = "";
    this.fence = this.growing = undefined;
    patch(this.root, 0, renderWhole(whole, broken));
    this.settled = this.root.childNodes.length;
    this.colour(0);
  }

  /** Starts again from another text: a snapshot has replaced what was there. */
  reset(text: string): void {
    this.text = this.tail = "";
    this.fence = this.growing = undefined;
    this.settled = 0;
    this.pending = "";
    this.root.replaceChildren();
    this.push(text);
    this.flush();
  }
}
