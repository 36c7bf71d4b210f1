// A turn from start to receipt, as a value. It never renders: it takes events and keeps the law of
// `seq`, so that nothing is shown twice and nothing is missed without being asked for again.
import type { Amount, Outcome, Problem, Receipt, TurnEvent } from "./wire.gen.js";

export type TurnPhase = "running" | "stopping" | "completed" | "failed" | "cancelled";

export interface TurnNoticeLine {
  seq: number;
  kind: string;
  detail: Record<string, unknown>;
}

/** Who speaks from a place of the text on, where several agents answer. */
export interface Voice {
  at: number;
  agent: string;
}

export interface TurnState {
  turnId: string;
  conversationId: string;
  userMessageId: string | undefined;
  messageId: string | undefined;
  /** The last event taken: the next must be exactly one more. */
  seq: number;
  phase: TurnPhase;
  text: string;
  model: string | undefined;
  provider: string | undefined;
  agent: string | undefined;
  voices: readonly Voice[];
  held: Amount | undefined;
  notices: readonly TurnNoticeLine[];
  finishReason: string | undefined;
  error: Problem | undefined;
  partial: boolean;
  receipt: Receipt | undefined;
  /** When this page first heard of it, and of its first text (ms since the epoch). */
  since: number;
  firstTextAt: number | undefined;
  endedAt: number | undefined;
}

export type Verdict = "applied" | "duplicate" | "gap";

export function newTurn(turnId: string, conversationId: string, now: number): TurnState {
  return {
    turnId,
    conversationId,
    userMessageId: undefined,
    messageId: undefined,
    seq: 0,
    phase: "running",
    text: "",
    model: undefined,
    provider: undefined,
    agent: undefined,
    voices: [],
    held: undefined,
    notices: [],
    finishReason: undefined,
    error: undefined,
    partial: false,
    receipt: undefined,
    since: now,
    firstTextAt: undefined,
    endedAt: undefined,
  };
}

export function isLive(turn: TurnState): boolean {
  return turn.phase === "running" || turn.phase === "stopping";
}

function ended(turn: TurnState, event: Outcome, now: number): TurnState {
  const base = { ...turn, seq: Math.max(turn.seq, event.seq), receipt: event.receipt, endedAt: now };
  switch (event.type) {
    case "turn.completed":
      return { ...base, phase: "completed", messageId: event.messageId, finishReason: event.finishReason };
    case "turn.failed":
      return { ...base, phase: "failed", error: event.error, partial: event.partial };
    case "turn.cancelled":
      return { ...base, phase: "cancelled", messageId: event.messageId ?? turn.messageId };
  }
}

function heard({ voices, text }: TurnState, agent: string | undefined): readonly Voice[] {
  return !agent || voices.at(-1)?.agent === agent ? voices : [...voices, { at: text.length, agent }];
}

function phaseOf(state: string, before: TurnPhase): TurnPhase {
  if (state === "completed" || state === "failed" || state === "cancelled") return state;
  return before === "stopping" ? "stopping" : "running";
}

/** The model that goes on in the place of another; a branch's own is not the turn's. */
function standIn(kind: string, { to, agent }: Record<string, unknown>): string | undefined {
  return kind === "failover" && typeof to === "string" && agent === undefined ? to : undefined;
}

/**
 * Takes one event. A duplicate changes nothing; a gap changes nothing either and means that the
 * caller must attach after `turn.seq`. A snapshot is authoritative: it replaces text and `seq`.
 */
export function applyEvent(turn: TurnState, event: TurnEvent, now: number): [TurnState, Verdict] {
  if (event.type === "turn.snapshot") {
    // An answer that was on its way while the end was told another way: nothing runs again.
    if (!event.outcome && !isLive(turn)) return [turn, "duplicate"];
    const next: TurnState = {
      ...turn,
      seq: event.seq,
      text: event.text,
      voices: turn.voices.filter(({ at }) => at < event.text.length),
      phase: phaseOf(event.state, turn.phase),
      firstTextAt: turn.firstTextAt ?? (event.text ? now : undefined),
    };
    return [event.outcome ? ended(next, event.outcome, now) : next, "applied"];
  }
  const first = event.type === "turn.delta" ? (event.fromSeq ?? event.seq) : event.seq;
  if (first <= turn.seq) return [turn, "duplicate"];
  if (first > turn.seq + 1) return [turn, "gap"];
  switch (event.type) {
    case "turn.started":
      return [
        {
          ...turn,
          seq: event.seq,
          conversationId: event.conversationId,
          userMessageId: event.userMessageId,
          messageId: event.messageId,
          agent: event.agent,
          provider: event.provider,
          model: event.model,
          held: event.held,
        },
        "applied",
      ];
    case "turn.delta":
      return [
        {
          ...turn,
          seq: event.seq,
          text: turn.text + event.text,
          voices: heard(turn, event.agent),
          firstTextAt: turn.firstTextAt ?? now,
        },
        "applied",
      ];
    case "turn.reasoning":
    case "turn.partial":
      return [{ ...turn, seq: event.seq }, "applied"];
    case "turn.notice":
      return [
        {
          ...turn,
          seq: event.seq,
          model: standIn(event.kind, event.detail) ?? turn.model,
          notices: [...turn.notices, { seq: event.seq, kind: event.kind, detail: event.detail }],
        },
        "applied",
      ];
    default:
      return [ended(turn, event, now), "applied"];
  }
}
