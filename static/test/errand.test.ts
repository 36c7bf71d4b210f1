import { afterEach, describe, expect, it, vi } from "vitest";

import chat from "../locales/en.chat.json";
import creator from "../locales/en.creator.json";
import type { Client } from "../src/core/client.js";
import { Problem } from "../src/core/api.js";
import { advance, begun, type Errand } from "../src/core/errand.js";
import { extend } from "../src/core/i18n.js";
import { EventParser, type ServerSentEvent } from "../src/core/sse.js";
import type { TurnEvent } from "../src/core/wire.gen.js";
import { ending } from "../src/creator/ending.js";
import { Runs } from "../src/creator/runs.js";

const STREAM = [
  ': still here\n\nevent: turn.notice\nid: 1\ndata: {"kind":"handoff"}\n\n',
  "event: turn.partial\r\nid: 2\r\ndata: {}\r\n\r\n",
  'data: one\ndata:two\r\n\n\n\nevent: turn.delta\nid: 7\ndata: {"text":"schön, 素敵 🌊"}\n\n',
].join("");

const WANTED: ServerSentEvent[] = [
  { type: "turn.notice", id: "1", data: '{"kind":"handoff"}' },
  { type: "turn.partial", id: "2", data: "{}" },
  { type: "message", id: "2", data: "one\ntwo" },
  { type: "turn.delta", id: "7", data: '{"text":"schön, 素敵 🌊"}' },
];

/** Numbers that look random and are the same each time. */
function* dice(seed: number): Generator<number> {
  for (let state = seed; ; ) yield (state = (state * 48271) % 2147483647);
}

describe("server-sent events", () => {
  it("are the same however the text is cut", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = dice(seed);
      const parser = new EventParser();
      const found: ServerSentEvent[] = [];
      for (let at = 0; at < STREAM.length; ) {
        const length = 1 + ((random.next().value as number) % 9);
        found.push(...parser.push(STREAM.slice(at, at + length)));
        at += length;
      }
      expect(found).toEqual(WANTED);
    }
  });

  it("come only once they are whole", () => {
    const parser = new EventParser();
    expect(parser.push("data: a\n")).toEqual([]);
    expect(parser.push("\r")).toEqual([]);
    expect(parser.push("\ndata: b")).toEqual([{ type: "message", id: "", data: "a" }]);
  });
});

describe("an errand", () => {
  const of = (event: Partial<TurnEvent> & { type: string; seq: number }): TurnEvent => ({ turnId: "t", ...event }) as TurnEvent;

  it("fills up and ends with its result, though the server merges what it tells", () => {
    let state = begun(0);
    state = advance(state, of({ type: "turn.notice", seq: 1, kind: "handoff", detail: { to: "sales" } }), 1);
    state = advance(state, of({ type: "turn.partial", seq: 4, value: { message: "Hel" } }), 2);
    expect(state.partial).toEqual({ message: "Hel" });
    state = advance(state, of({ type: "turn.delta", seq: 9, fromSeq: 6, text: "Hello" }), 3);
    expect(state.turn).toMatchObject({ turnId: "t", text: "Hello", seq: 9, phase: "running" });
    const receipt = { held: "1", charged: "1", released: "0", costUsd: "0.1", chargedUsd: "0.1", calls: [] };
    const end = of({ type: "turn.completed", seq: 10, finishReason: "stop", result: { message: "Hello" }, receipt });
    state = advance(state, end, 4);
    expect(state.turn.phase).toBe("completed");
    expect(state.result).toEqual({ message: "Hello" });
  });

  it("says nothing of its cost where its end was not heard", () => {
    extend(creator);
    extend(chat);
    const failed = { ...begun(0).turn, phase: "failed" as const, text: "Hel", error: { code: "connection_lost", message: "", retryable: true } };
    expect(ending({ unheard: false }, failed)[0]?.text).toContain("Nothing was charged.");
    const [lost] = ending({ unheard: true }, failed);
    expect(lost).toMatchObject({ tone: "bad", deeds: ["again"] });
    expect(lost?.text).toMatch(/^The connection was lost\. The list below/);
    expect(ending({ unheard: true }, { ...failed, phase: "cancelled" })[0]?.text).toMatch(/^Stopped\./);
  });

  it("stays on its way to the end while late events arrive", () => {
    const state = begun(0);
    const stopping = { ...state, turn: { ...state.turn, phase: "stopping" as const } };
    expect(advance(stopping, of({ type: "turn.partial", seq: 1, value: {} }), 1).turn.phase).toBe("stopping");
  });
});

describe("what runs for somebody", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("keeps the window from being closed for as long as it runs", async () => {
    const heard = new Set<unknown>();
    vi.stubGlobal("addEventListener", (_name: string, listener: unknown) => heard.add(listener));
    vi.stubGlobal("removeEventListener", (_name: string, listener: unknown) => heard.delete(listener));
    const bodies: ReadableStreamDefaultController[] = [];
    const events = async (): Promise<ReadableStream> => new ReadableStream({ start: (body) => void bodies.push(body) });
    const runs = new Runs(Object.assign(new EventTarget(), { api: { events } }) as unknown as Client);
    expect(heard.size).toBe(0);
    runs.start("captions", "/api/ai/generate-caption", [{}, {}]);
    await vi.waitFor(() => expect(bodies).toHaveLength(2));
    bodies[0]?.close();
    await vi.waitFor(() => expect(runs.of("captions")[0]?.live).toBe(false));
    expect(heard.size).toBe(1);
    bodies[1]?.close();
    await vi.waitFor(() => expect(heard.size).toBe(0));
  });

  it("asks one of several once more, and leaves the others", async () => {
    vi.stubGlobal("addEventListener", () => undefined);
    vi.stubGlobal("removeEventListener", () => undefined);
    const asked: unknown[] = [];
    const events = async (_path: string, body: { n: number }): Promise<ReadableStream> => {
      asked.push(body);
      if (body.n === 2) throw new Problem("too_many_turns", "Wait.", true, 429, 1);
      return new ReadableStream();
    };
    const runs = new Runs(Object.assign(new EventTarget(), { api: { events } }) as unknown as Client);
    const [first, second] = runs.start("captions", "/api/ai/generate-caption", [{ n: 1 }, { n: 2 }]) as [Errand, Errand];
    await vi.waitFor(() => expect(second.state.value.due).toBeDefined());
    second.hold();
    expect(second.state.value.due).toBeUndefined();
    const [kept, anew] = runs.again("captions", second);
    expect(kept).toBe(first);
    expect(anew).toBe(runs.of("captions")[1]);
    expect(asked).toEqual([{ n: 1 }, { n: 2 }, { n: 2 }]);
  });
});
