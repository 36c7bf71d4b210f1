import { describe, expect, it } from "vitest";

import { mount, originOf, paginate, ROWS, type Row } from "../src/chat/window.js";

const rows = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, index) => ({
    key: `m${from + index}`,
    role: (from + index) % 2 ? "assistant" : "user",
  }));

const numbers = (all: readonly Row[], at: number): Map<string, number> =>
  new Map(all.map((row, index) => [row.key, at + index]));

describe("pages of a long conversation", () => {
  it("keep their numbers when earlier and later rows arrive", () => {
    const first = rows(100, 150);
    const origin = originOf(first, undefined, new Map());
    expect(origin).toEqual({ key: "m100", at: 0 });
    const longer = rows(50, 160);
    const moved = originOf(longer, origin, numbers(first, 0));
    expect(moved).toEqual({ key: "m50", at: -ROWS });
    expect(paginate(longer, moved).map((page) => page.number)).toEqual([-1, 0, 1]);
    expect(originOf(rows(900, 910), moved, numbers(longer, -50))).toEqual({ key: "m900", at: 0 });
    expect(originOf([], moved, new Map())).toBeUndefined();
  });

  it("never tear a question from its answers", () => {
    const three: Row[] = [
      { key: "a", role: "assistant" },
      { key: "q", role: "user" },
      { key: "b", role: "assistant" },
      { key: "c", role: "assistant" },
    ];
    const shape = paginate(three, { key: "a", at: ROWS - 2 }).map((page) => [
      page.number,
      page.exchanges.map((exchange) => exchange.rows.map((row) => row.key)),
    ]);
    expect(shape).toEqual([[0, [["a"], ["q", "b", "c"]]]]);
  });

  it("are in the document where they are near, and no more than there is room for", () => {
    const all = { from: -3, to: 20 };
    expect(mount(undefined, { from: 4, to: 5 }, all)).toEqual({ from: 4, to: 5 });
    expect(mount({ from: 0, to: 5 }, { from: 5, to: 6 }, all)).toEqual({ from: 1, to: 6 });
    expect(mount({ from: 0, to: 5 }, { from: -1, to: 0 }, all)).toEqual({ from: -1, to: 4 });
    expect(mount({ from: 0, to: 5 }, { from: 15, to: 16 }, all)).toEqual({ from: 11, to: 16 });
    expect(mount({ from: 0, to: 5 }, { from: 18, to: 30 }, all)).toEqual({ from: 15, to: 20 });
    expect(mount({ from: 0, to: 5 }, { from: 2, to: 12 }, all)).toEqual({ from: 4, to: 9 });
    expect(mount({ from: 0, to: 9 }, { from: 0, to: 0 }, { from: 0, to: 1 })).toEqual({ from: 0, to: 1 });
  });
});
