import { describe, expect, it } from "vitest";

import { expectTurn, INITIAL, receive, type SessionState } from "../src/core/session.js";
import { applyEvent, newTurn, type TurnState } from "../src/core/turns.js";
import type { Balance, Quota, Receipt, ServerEvent, TurnEvent } from "../src/core/wire.gen.js";

const balance: Balance = { credits: "10", held: "0", spendable: "10" };
const quota: Quota = { month: "2026-11", limitUsd: "10", spentUsd: "1", heldUsd: "0", resetsAt: "2026-12-01T00:00:00Z" };
const receipt: Receipt = { held: "1", charged: "0.5", released: "0.5", costUsd: "0.0005", chargedUsd: "0.0005", calls: [] };

const started: TurnEvent = {
  type: "turn.started", turnId: "t", seq: 1, conversationId: "c", userMessageId: "u", messageId: "m",
  agent: "assistant", provider: "demo", model: "demo/x", held: { credits: "1", usd: "0.001" },
};
const delta = (seq: number, text: string, fromSeq?: number): TurnEvent => ({
  type: "turn.delta", turnId: "t", seq, text, ...(fromSeq === undefined ? {} : { fromSeq }),
});
const completed = (seq: number): TurnEvent => ({
  type: "turn.completed", turnId: "t", seq, messageId: "m", finishReason: "stop", receipt, balance, quota,
});
const STREAM = [started, delta(2, "a"), delta(3, "b"), delta(4, "c"), completed(5)];

function run(events: readonly TurnEvent[]): TurnState {
  return events.reduce((turn, event) => applyEvent(turn, event, 0)[0], newTurn("t", "c", 0));
}

/** Every order in which five events can arrive. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
  );
}

describe("one turn", () => {
  it("takes its events in order", () => {
    expect(run(STREAM)).toMatchObject({ phase: "completed", text: "abc", seq: 5, receipt });
  });

  it("drops duplicates wherever they come", () => {
    const doubled = STREAM.flatMap((event, at) => [event, ...STREAM.slice(0, at + 1)]);
    expect(run(doubled)).toEqual(run(STREAM));
  });

  it("never applies an event twice or out of order, in any order of arrival", () => {
    for (const order of permutations(STREAM)) {
      const turn = run(order);
      expect("abc".startsWith(turn.text)).toBe(true);
      // What a gap left out is asked for again from `seq`: replaying from there completes it.
      expect(run([...order, ...STREAM])).toMatchObject({ text: "abc", phase: "completed", seq: 5 });
    }
  });

  it("says gap, and changes nothing, when an event is missing", () => {
    const before = run([started]);
    const [after, verdict] = applyEvent(before, delta(3, "b"), 0);
    expect(verdict).toBe("gap");
    expect(after).toBe(before);
  });

  it("does not take a merged frame for a loss", () => {
    const [turn, verdict] = applyEvent(run([started]), delta(4, "abc", 2), 0);
    expect(verdict).toBe("applied");
    expect(turn).toMatchObject({ text: "abc", seq: 4 });
  });

  it("lets a snapshot replace what it has and set its seq", () => {
    const turn = run([started, delta(2, "wrong"), { type: "turn.snapshot", turnId: "t", seq: 4, state: "running", text: "abc" }]);
    expect(turn).toMatchObject({ text: "abc", seq: 4, phase: "running" });
    expect(run([started, { type: "turn.snapshot", turnId: "t", seq: 5, state: "completed", text: "abc", outcome: completed(5) as never }]))
      .toMatchObject({ phase: "completed", receipt, text: "abc" });
  });
});

describe("a session", () => {
  const ready: ServerEvent = {
    type: "session.ready", sessionId: "s", user: { id: "1", email: "a@b", name: "", role: "user", plan: "pro" },
    balance, quota, serverVersion: "1",
    limits: { frameBytes: 1, textCharacters: 1, uploadBytes: 1, commandsPerSecond: 1, unansweredCommands: 1, runningTurns: 1, requestsPerHour: 1 },
    runningTurns: [{ turnId: "t", conversationId: "c", seq: 3 }],
  };
  const fold = (events: readonly ServerEvent[], state: SessionState = INITIAL): SessionState =>
    events.reduce((now, event) => receive(now, event, 0)[0], state);

  it("attaches running turns from the start when it has just been opened", () => {
    expect(receive(INITIAL, ready, 0)[1]).toEqual([{ turnId: "t", afterSeq: 0 }]);
  });

  it("attaches after the last seq when it comes back", () => {
    const before = fold([started, delta(2, "a")]);
    expect(receive(before, ready, 0)[1]).toEqual([{ turnId: "t", afterSeq: 2 }]);
  });

  it("asks after turns that ended while it was away", () => {
    const before = fold([started, delta(2, "a")]);
    expect(receive(before, { ...ready, runningTurns: [] }, 0)[1]).toEqual([{ turnId: "t", afterSeq: 2 }]);
    const after = fold([completed(3)], before);
    expect(receive(after, { ...ready, runningTurns: [] }, 0)[1]).toEqual([]);
  });

  it("attaches when it sees a gap", () => {
    const before = fold([started]);
    const [state, attach] = receive(before, delta(9, "x"), 0);
    expect(attach).toEqual([{ turnId: "t", afterSeq: 1 }]);
    expect(state.turns.get("t")?.text).toBe("");
  });

  it("takes balance and quota from each outcome, also of turns it does not show", () => {
    const poorer = { ...balance, spendable: "3" };
    const state = fold([{ ...completed(7), turnId: "elsewhere", balance: poorer } as ServerEvent]);
    expect(state.balance).toEqual(poorer);
    expect(state.turns.size).toBe(0);
  });

  it("replays a turn it only knows by name", () => {
    const [state] = expectTurn(INITIAL, "t", "c", 0);
    expect(fold(STREAM, state).turns.get("t")).toMatchObject({ text: "abc", phase: "completed", userMessageId: "u" });
  });
});

describe("an end that is told", () => {
  it("stands, whatever answer was still on its way from before it", () => {
    const done = run(STREAM);
    const late: TurnEvent = { type: "turn.snapshot", turnId: "t", seq: 2, state: "running", text: "a" };
    expect(applyEvent(done, late, 0)).toEqual([done, "duplicate"]);
  });
});
