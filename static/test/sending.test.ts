import { describe, expect, it, vi } from "vitest";

import { contextTokens, halvings, lengths } from "../src/chat/context.js";
import { toChoose } from "../src/core/presets.js";
import { fileSize } from "../src/chat/sizes.js";
import { Agents, agentName } from "../src/core/agents.js";
import { Problem, type Api } from "../src/core/api.js";
import type { Client } from "../src/core/client.js";
import { adjusted, chosen } from "../src/core/choices.js";
import { Shelf } from "../src/core/drafts.js";
import { keepDue, loadDue } from "../src/core/due.js";
import { dueAt } from "../src/core/patience.js";
import { entryOf, questionOf } from "../src/core/entries.js";
import { EMPTY, enqueue, load, next, pause, rewrite, save } from "../src/core/queue.js";
import { Thread } from "../src/core/thread.js";
import type { CustomAgentView, PresetView, Receipt } from "../src/core/wire.gen.js";

class Box implements Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length"> {
  private readonly all = new Map<string, string>();
  get length(): number {
    return this.all.size;
  }
  getItem = (name: string): string | null => this.all.get(name) ?? null;
  setItem = (name: string, value: string): void => void this.all.set(name, value);
  removeItem = (name: string): void => void this.all.delete(name);
  key = (index: number): string | null => [...this.all.keys()][index] ?? null;
}

const file = { type: "file", mediaId: "m", name: "a.txt", mediaType: "text/plain", bytes: 3 } as const;

describe("what waits", () => {
  it("keeps files and choices over a reload, and its place when it is rewritten", () => {
    const shelf = new Shelf(new Box());
    const one = { id: "1", text: "one", parts: [file], choices: { model: "demo/x" } };
    const queue = rewrite(enqueue(enqueue(EMPTY, one), { id: "2", text: "two" }), "1", "uno");
    save(shelf, "c", queue);
    const [first, rest] = next(load(shelf, "c"));
    expect(first).toEqual({ ...one, text: "uno" });
    expect(rest.items.map(({ text }) => text)).toEqual(["two"]);
    expect(next(pause(rest))[0]).toBeUndefined();
  });
});

describe("choices", () => {
  it("are dropped when nothing is left of them", () => {
    const set = adjusted({ model: "m" }, "temperature", 0.4);
    expect(set).toEqual({ model: "m", params: { temperature: 0.4 } });
    expect(adjusted(set, "temperature", undefined)).toEqual({ model: "m" });
    expect(adjusted({}, "instructions", "")).toEqual({});
    expect(chosen(set, { model: undefined, presetId: null })).toEqual({ params: { temperature: 0.4 }, presetId: null });
  });
});

describe("a message that came too early", () => {
  it("knows its time after a reload", () => {
    const problem = new Problem("rate_limited", "Too many.", true, 429, 30, { limit: 5 });
    const due = dueAt(problem, 1_000);
    expect(due).toBe(31_000);
    const shelf = new Shelf(new Box());
    keepDue(shelf, "c", { ...questionOf("k", { text: "Hi", parts: [file] }), problem, due: 31_000 });
    const entry = loadDue(shelf, "c");
    expect(entry).toMatchObject({ key: "k", text: "Hi", sending: "refused", due: 31_000 });
    expect(entry?.problem?.metadata).toEqual({ limit: 5 });
  });

  it("waits longer each time it is refused, but never less than it is told to", () => {
    const full = new Problem("too_many_turns", "Wait.", true, 429, 1);
    expect([0, 1, 2, 3, 9].map((refusals) => dueAt(full, 0, refusals))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(dueAt(new Problem("rate_limited", "", true, 429, 40), 0, 3)).toBe(40_000);
  });

  it("does not wait for next month, nor for what time does not heal", () => {
    expect(dueAt(new Problem("quota_exceeded", "", false, 429, 30), 0)).toBeUndefined();
    expect(dueAt(new Problem("rate_limited", "", true, 429, 90_000), 0)).toBeUndefined();
  });
});

describe("figures", () => {
  it("tell how full the window is by the newest answer that has told", () => {
    const receipt = { calls: [{ inputTokens: 10, outputTokens: 5 }, { inputTokens: 40, outputTokens: 2 }] } as Receipt;
    const message = { id: "a", parentId: null, role: "assistant", text: "", siblings: [], createdAt: "" };
    const told = entryOf({ ...message, receipt });
    expect(contextTokens([told, entryOf({ ...message, id: "b" })], () => undefined)).toBe(42);
    expect(contextTokens([], () => undefined)).toBeUndefined();
  });

  it("come in steps", () => {
    expect(lengths(300)).toEqual([64, 128, 256, 300]);
    expect(halvings(512)).toEqual([256, 128, 64]);
    expect(fileSize(1_536 * 1024, "en")).toBe("1.5 MB");
    expect(fileSize(900, "en")).toBe("900 bytes");
  });
});

it("presets stand by category, one's own first", () => {
  const preset = (name: string, category: string, own: boolean): PresetView => ({ name, category, own }) as PresetView;
  const groups = toChoose([preset("b", "Z", false), preset("c", "Z", true), preset("a", "A", true)]);
  expect(groups.map(([name, items]) => [name, items.map((one) => one.name)])).toEqual([["A", ["a"]], ["Z", ["c", "b"]]]);
});

it("an agent of one's own is called by its name, and answers with its model", async () => {
  const poet: CustomAgentView = { id: "01a2", name: "Poet", description: "", instructions: "", model: "demo/small", tools: [], createdAt: "", updatedAt: "" };
  const agents = new Agents({ get: async () => ({ builtIn: [], items: [poet] }) } as unknown as Api);
  expect(agentName("01a2")).toBe("01a2");
  await agents.read();
  expect(agentName("01a2")).toBe("Poet");
  vi.stubGlobal("addEventListener", () => undefined);
  const thread = new Thread({ agents, shelf: new Shelf(new Box()) } as unknown as Client, undefined);
  expect(thread.model).toBeUndefined();
  thread.sending.choose({ agent: "01a2" });
  expect(thread.model).toBe("demo/small");
  thread.sending.choose({ model: "demo/large" });
  expect(thread.model).toBe("demo/large");
  vi.unstubAllGlobals();
});
