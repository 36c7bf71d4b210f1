// A list or a table while it is written: its finished items stand in the page and are never touched
// again, and only what follows them is drawn anew. One that turns out to be loose is drawn whole, once.
import type { Tokens, TokensList } from "marked";

import { lex, lexLoose, type Block, type Grown } from "./split.js";

/** Draws tokens, and lays nodes over those that are there from a place on. */
export interface Pencil {
  draw(tokens: TokensList): DocumentFragment;
  lay(parent: Node, start: number, wanted: DocumentFragment): void;
}

export class Growing {
  /** All that is final, and what of it is not drawn yet. */
  private raw = "";
  private fresh = "";
  private head = "";
  /** How many final items are there, and how many of them are drawn. */
  private items = 0;
  private kept = 0;
  private loose = false;
  private loosened = false;

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

  /** Takes in items that are final; they are drawn together with what is open. */
  take({ items, raw, head, loose }: Grown): void {
    this.head = head;
    this.raw += raw;
    this.fresh += raw;
    this.items += items;
    this.loosened ||= loose && !this.loose;
  }

  /** It has ended: `block` is what had not left the tail. */
  close({ raw, tokens }: Block): void {
    const [token] = tokens;
    if (token?.type === "list" && token["loose"] === true && !this.loose) this.whole(this.raw + raw);
    else this.join(this.loose ? lexLoose(raw) : tokens);
  }

  /** Draws what is open, and what may have begun behind it; false: that is no part of it any more. */
  open(tail: string): boolean {
    const { kept, fresh, head } = this;
    this.kept = this.items;
    this.fresh = "";
    this.loose ||= this.loosened;
    if (!kept || this.loosened) {
      this.loosened = false;
      this.whole(this.source(tail));
      return true;
    }
    const open = fresh + tail.slice(head.length);
    return this.join(this.loose ? lexLoose(open) : lex(head + open), kept);
  }

  private whole(source: string): void {
    this.pencil.lay(this.root, this.at, this.pencil.draw(lex(source)));
  }

  /** Lays the items of the first token behind those that stand, and what follows behind the block. */
  private join(tokens: TokensList, standing = this.kept): boolean {
    // The head of a table stands, and is not looked at again.
    const [first] = tokens;
    if (first?.type === "table") (first as Tokens.Table).header = [];
    const fragment = this.pencil.draw(tokens);
    const into = inside(this.root.childNodes[this.at]);
    const from = inside(fragment.firstChild);
    if (!into || !from || into.nodeName !== from.nodeName) return false;
    // A list begins with the line end behind its tag; each item and each row has one behind it.
    const lead = into.nodeName === "TBODY" ? 0 : 1;
    const items = document.createDocumentFragment();
    items.append(...[...from.childNodes].slice(lead));
    this.pencil.lay(into, lead + 2 * standing, items);
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
