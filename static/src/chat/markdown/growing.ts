// A list or a table while it is written: its finished items stand in the page and are never touched
// again, and only what follows them is drawn anew. One that turns out to be loose is drawn whole, once.
import type { TokensList } from "marked";

import { lex, lexLoose, type Block, type Grown } from "./split.js";

/** Draws tokens, and lays nodes over those that are there from a place on. */
export interface Pencil {
  draw(tokens: TokensList): DocumentFragment;
  lay(parent: Node, start: number, wanted: DocumentFragment): void;
}

export class Growing {
  private kept = 0;
  private raw = "";
  private head = "";
  private loose = false;

  /** `at`: where it stands among the nodes of `root`. */
  constructor(
    private readonly root: Node,
    private readonly at: number,
    private readonly pencil: Pencil,
  ) {}

  /** Its whole source, with what is still open. */
  source(tail: string): string {
    return this.head + this.raw + tail.slice(this.head.length);
  }

  /** Takes in items that are final, drawing all that is there. */
  take({ block, items, raw, head, loose }: Grown): void {
    this.head = head;
    this.add(block, loose);
    this.kept += items;
    this.raw += raw;
  }

  private add(block: Block, loose: boolean): void {
    if (!this.kept) this.pencil.lay(this.root, this.at, this.pencil.draw(block.tokens));
    else if (loose && !this.loose) this.pencil.lay(this.root, this.at, this.pencil.draw(lex(this.raw + block.raw)));
    else this.join(this.loose ? lexLoose(block.raw) : block.tokens);
    this.loose ||= loose;
  }

  /** It has ended: `block` is what had not left the tail. */
  close(block: Block): void {
    const [token] = block.tokens;
    this.add(block, token?.type === "list" && token["loose"] === true);
  }

  /** Draws what is open, and what may have begun behind it; false: that is no part of it any more. */
  open(tail: string): boolean {
    return this.join(this.loose ? lexLoose(tail) : lex(tail));
  }

  /** Lays the items of the first token behind those that are kept, and what follows behind the block. */
  private join(tokens: TokensList): boolean {
    const fragment = this.pencil.draw(tokens);
    const into = inside(this.root.childNodes[this.at]);
    const from = inside(fragment.firstChild);
    if (!into || !from || into.nodeName !== from.nodeName) return false;
    // A list begins with the line end behind its tag; each item and each row has one behind it.
    const lead = into.nodeName === "TBODY" ? 0 : 1;
    const items = document.createDocumentFragment();
    items.append(...[...from.childNodes].slice(lead));
    this.pencil.lay(into, lead + 2 * this.kept, items);
    fragment.firstChild?.remove();
    this.pencil.lay(this.root, this.at + 1, fragment);
    return true;
  }
}

/** What holds the items of a drawn list or table. */
function inside(node: Node | null | undefined): Element | undefined {
  if (!(node instanceof Element)) return undefined;
  return /^[OU]L$/.test(node.nodeName) ? node : (node.querySelector("tbody") ?? undefined);
}
