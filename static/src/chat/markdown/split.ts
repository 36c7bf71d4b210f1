// Cuts Markdown into blocks while it is still being written. Pure: text in, blocks out.
//
// A block is final once another block has begun on a later whole line: from then on nothing that
// follows can change it (late link definitions aside, which the last pass over the whole catches).
import { Lexer, type Token, type Tokens, type TokensList } from "marked";

export interface Block {
  /** The source, newline included, exactly as written. */
  raw: string;
  tokens: TokensList;
}

export interface Cut {
  /** Blocks that no later text can change, in order. */
  blocks: Block[];
  /** What is still open. */
  tail: string;
  /** What of an open list or table is final: it has left the tail. */
  grown?: Grown;
}

/** A list or a table of which all but the last item cannot change any more. */
export interface Grown {
  /** How many items are final, and their source. */
  items: number;
  raw: string;
  /** What the tail begins with again, since a row means nothing without it. */
  head: string;
  loose: boolean;
}

/** Line ends as the lexer counts them. A `\r` at the very end may be half of one and waits. */
export function normalise(text: string): string {
  return text.replace(/\r\n|\r(?!$)/g, "\n");
}

export function lex(source: string): TokensList {
  return new Lexer({ gfm: true }).lex(source);
}

function blockOf(token: Token, links: TokensList["links"]): Block {
  return { raw: token.raw, tokens: Object.assign([token], { links }) };
}

/**
 * Takes what has arrived after `tail`. Nothing is cut before a newline arrives: only whole lines
 * can tell where a block ends.
 */
export function split(tail: string, delta: string): Cut {
  const source = tail + delta;
  const lineEnd = source.lastIndexOf("\n") + 1;
  if (!delta.includes("\n")) return { blocks: [], tail: source };
  const lines = source.slice(0, lineEnd);
  // An open fence is one block however long it grows; lexing it again each time would cost its square.
  if (openFence(lines)) return { blocks: [], tail: source };
  const tokens = lex(lines);
  let last = tokens.length - 1;
  while (last > 0 && tokens[last]?.type === "space") last--;
  if (last <= 0) return { blocks: [], ...grow(source, lines, tokens) };
  const blocks: Block[] = [];
  let length = 0;
  for (const token of tokens.slice(0, last)) {
    // The lexer must give back what it was given; where it does not, nothing is cut.
    if (!lines.startsWith(token.raw, length)) return { blocks: [], tail: source };
    length += token.raw.length;
    if (token.type !== "space") blocks.push(blockOf(token, tokens.links));
  }
  return { blocks, tail: source.slice(length) };
}

/**
 * Takes the finished items out of the one block that the tail is. An item or row is finished once
 * another has begun on a later whole line; only whether a list is loose may come later.
 */
function grow(source: string, lines: string, tokens: TokensList): Pick<Cut, "tail" | "grown"> {
  const [token] = tokens;
  const found = token?.type === "list" ? itemsOf(token as Tokens.List) : token?.type === "table" ? rowsOf(token as Tokens.Table, lines) : undefined;
  if (!token || !found?.items || !lines.startsWith(found.head + found.raw)) return { tail: source };
  const { head, raw } = found;
  return { tail: head + source.slice(head.length + raw.length), grown: found };
}

function itemsOf({ items, loose }: Tokens.List): Grown {
  const final = items.slice(0, -1);
  return { items: final.length, raw: final.map(({ raw }) => raw).join(""), head: "", loose };
}

function rowsOf({ raw, rows }: Tokens.Table, lines: string): Grown | undefined {
  const written = raw.trimEnd().split("\n");
  if (written.length !== rows.length + 2 || !lines.startsWith(raw.trimEnd())) return undefined;
  const final = written.slice(2, -1);
  return { items: final.length, raw: final.map((row) => `${row}\n`).join(""), head: `${written[0]}\n${written[1]}\n`, loose: false };
}

/** The list that `source` is, as the later part of a loose one. */
export function lexLoose(source: string): TokensList {
  // An item before it, with an empty line between, makes a list loose; its own marks make it the same list.
  const mark = /^ {0,3}(?:[*+-]|\d{1,9}[.)])/.exec(source)?.[0] ?? "-";
  const tokens = lex(`${mark} x\n\n${source}`);
  const [list] = tokens;
  if (list?.type === "list") (list as Tokens.List).items.shift();
  return tokens;
}

export interface OpenFence {
  language: string;
  /** Where the code begins in the tail. */
  start: number;
}

const FENCE = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n/;

/**
 * The code fence that the tail consists of, while it is open. Its lines can be appended as text:
 * no Markdown in them has to be understood. An indented fence strips its indent and is left alone.
 */
export function openFence(tail: string): OpenFence | undefined {
  const match = FENCE.exec(tail.replace(/^\n+/, ""));
  if (!match || match[1] || (match[2]?.startsWith("`") && match[3]?.includes("`"))) return undefined;
  const skipped = tail.length - tail.replace(/^\n+/, "").length;
  const start = skipped + match[0].length;
  const mark = match[2] ?? "```";
  const close = new RegExp(`^ {0,3}${mark[0]}{${mark.length},} *$`, "m");
  if (close.test(tail.slice(start))) return undefined;
  return { language: (match[3] ?? "").trim(), start };
}
