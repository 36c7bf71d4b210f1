// Which rows of a long conversation are in the page. Pure: rows and numbers in, numbers out.
//
// Rows are counted from wherever reading began, so that a page keeps its number whatever is read
// before or after it: earlier rows have negative ones.

/** Rows of a page, as the server gives them. */
export const ROWS = 50;
/** Pages in the document at the same time: 300 rows. */
export const PAGES_MAX = 6;

export interface Row {
  key: string;
  role: "user" | "assistant";
}

/** A question and what was answered: it is never torn apart. */
export interface Exchange<R extends Row> {
  key: string;
  rows: readonly R[];
}

export interface WindowPage<R extends Row> {
  number: number;
  exchanges: readonly Exchange<R>[];
}

/** From where on rows are counted: that one is number `at`. */
export interface Origin {
  key: string;
  at: number;
}

export interface Range {
  from: number;
  to: number;
}

/** Where counting starts now: rows that are known keep their numbers, strangers begin at nought. */
export function originOf(rows: readonly Row[], before: Origin | undefined, known: ReadonlyMap<string, number>): Origin | undefined {
  const [first] = rows;
  if (!first) return undefined;
  if (before?.key === first.key) return before;
  const index = rows.findIndex((row) => known.has(row.key));
  const row = rows[index];
  return { key: first.key, at: row ? (known.get(row.key) ?? 0) - index : 0 };
}

/** The rows as exchanges, and these in their pages. An exchange belongs where it begins. */
export function paginate<R extends Row>(rows: readonly R[], origin: Origin | undefined): WindowPage<R>[] {
  const pages: { number: number; exchanges: { key: string; rows: R[] }[] }[] = [];
  for (const [index, row] of rows.entries()) {
    const page = pages.at(-1);
    const exchange = page?.exchanges.at(-1);
    if (exchange && row.role === "assistant") {
      exchange.rows.push(row);
      continue;
    }
    const number = Math.floor(((origin?.at ?? 0) + index) / ROWS);
    const opened = { key: row.key, rows: [row] };
    if (page?.number === number) page.exchanges.push(opened);
    else pages.push({ number, exchanges: [opened] });
  }
  return pages;
}

/**
 * What to have in the document when `near` is at hand: all of it, and of what is there now as much
 * as has room, the nearest first. Never more than `max` pages, never one that is not there.
 */
export function mount(now: Range | undefined, near: Range, all: Range, max = PAGES_MAX): Range {
  const clamp = (number: number): number => Math.min(Math.max(number, all.from), all.to);
  let from = clamp(near.from);
  let to = clamp(near.to);
  // More at hand than there is room for: the middle of it.
  while (to - from + 1 > max) {
    to--;
    if (to - from + 1 > max) from++;
  }
  if (!now) return { from, to };
  const wanted = { from: clamp(now.from), to: clamp(now.to) };
  while (to - from + 1 < max && (wanted.from < from || wanted.to > to)) {
    if (wanted.to > to) to++;
    if (wanted.from < from && to - from + 1 < max) from--;
  }
  return { from, to };
}

export const within = (range: Range | undefined, number: number): boolean =>
  range !== undefined && number >= range.from && number <= range.to;
