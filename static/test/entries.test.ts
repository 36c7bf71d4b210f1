import { describe, expect, it } from "vitest";

import { entryOf, placeTurns, questionOf, unfinished, type Entry } from "../src/core/entries.js";
import { newTurn, type TurnState } from "../src/core/turns.js";

const row = (id: string, role: "user" | "assistant", turnId: string, state?: string): Entry =>
  entryOf({ id, parentId: null, role, text: id, turnId, siblings: [id], createdAt: "2026-11-21T00:00:00Z", ...(state ? { state } : {}) });

const turn = (id: string, question: string, phase: TurnState["phase"]): TurnState => ({
  ...newTurn(id, "c", 0),
  userMessageId: question,
  messageId: `answer-${id}`,
  phase,
});

const shape = (rows: readonly Entry[]): string[] => rows.map((entry) => entry.id ?? entry.key);

describe("rows of a thread", () => {
  it("have what went along with a question, in its order", () => {
    const media = { mediaType: "text/plain", bytes: 3 };
    const file = { type: "file" as const, mediaId: "m1", name: "a.csv", ...media };
    const image = { type: "image" as const, mediaId: "m2", name: "b.png", width: 4, height: 3, ...media };
    const said = { id: "q", parentId: null, role: "user", text: "Look", siblings: ["q"], createdAt: "2026-11-21T00:00:00Z" };
    const entry = entryOf({ ...said, parts: [file, { type: "text", text: "Look" }, image] });
    expect(entry.attachments).toEqual([file, image]);
    expect(entryOf(said).attachments).toEqual([]);
  });

  it("give a running turn its place under its question, once", () => {
    const first = placeTurns([row("q1", "user", "t1"), row("q2", "user", "t2")], [turn("t1", "q1", "running")]);
    expect(shape(first.rows)).toEqual(["q1", "answer-t1", "q2"]);
    expect(placeTurns(first.rows, [turn("t1", "q1", "completed")]).rows).toBe(first.rows);
  });

  it("let an ended turn fill a gap, never stand beside another version", () => {
    const rows = [row("q1", "user", "t1"), row("a2", "assistant", "t2", "complete")];
    expect(placeTurns(rows, [turn("t1", "q1", "completed")]).rows).toBe(rows);
    expect(shape(placeTurns(rows.slice(0, 1), [turn("t1", "q1", "failed")]).rows)).toEqual(["q1", "answer-t1"]);
  });

  it("say when a question was asked elsewhere, but not while this page is sending one", () => {
    const rows = [row("q1", "user", "t1")];
    expect(placeTurns(rows, [turn("t9", "q9", "running")]).unknown).toBe(true);
    expect(placeTurns(rows, [turn("t9", "q9", "completed")]).unknown).toBe(false);
    expect(placeTurns([...rows, questionOf("k", { text: "hello" })], [turn("t9", "q9", "running")]).unknown).toBe(false);
  });

  it("ask only after turns that left no whole answer", () => {
    const rows = [
      row("q1", "user", "t1"), row("a1", "assistant", "t1", "complete"),
      row("q2", "user", "t2"),
      row("q3", "user", "t3"), row("a3", "assistant", "t3", "partial"),
      questionOf("k", { text: "hello" }),
    ];
    expect(shape(unfinished(rows, new Map()))).toEqual(["q2", "a3"]);
    expect(shape(unfinished(rows, new Map([["t2", 0]])))).toEqual(["a3"]);
  });
});
