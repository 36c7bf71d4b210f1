// What one session knows, as a value: who is signed in, what is left to spend, which turns run.
// `receive` is pure; what has to be asked for again comes back as a list, and the client sends it.
import { applyEvent, isLive, newTurn, type TurnState } from "./turns.js";
import type { Balance, Quota, ServerEvent, SessionLimits, TurnEvent, UserInfo } from "./wire.gen.js";

export interface SessionState {
  user: UserInfo | undefined;
  balance: Balance | undefined;
  quota: Quota | undefined;
  limits: SessionLimits | undefined;
  draining: boolean;
  /** The highest threshold of the month's quota told to this page: 80, 95 or 100. */
  threshold: number;
  turns: ReadonlyMap<string, TurnState>;
}

/** Ask for everything after `afterSeq` of a turn. */
export interface Attach {
  turnId: string;
  afterSeq: number;
}

export const INITIAL: SessionState = {
  user: undefined,
  balance: undefined,
  quota: undefined,
  limits: undefined,
  draining: false,
  threshold: 0,
  turns: new Map(),
};

const NONE: readonly Attach[] = [];

function withTurn(state: SessionState, turn: TurnState): SessionState {
  return { ...state, turns: new Map(state.turns).set(turn.turnId, turn) };
}

function turnEvent(state: SessionState, event: TurnEvent, now: number): [SessionState, readonly Attach[]] {
  const known = state.turns.get(event.turnId);
  if (!known && event.type !== "turn.started") {
    // A turn of a conversation that this page does not show: only its money is news.
    return [withMoney(state, event), NONE];
  }
  const before =
    known ?? newTurn(event.turnId, event.type === "turn.started" ? event.conversationId : "", now);
  const [turn, verdict] = applyEvent(before, event, now);
  if (verdict === "gap") return [state, [{ turnId: turn.turnId, afterSeq: turn.seq }]];
  if (verdict === "duplicate") return [state, NONE];
  return [withMoney(withTurn(state, turn), event), NONE];
}

function withMoney(state: SessionState, event: TurnEvent): SessionState {
  const outcome = event.type === "turn.snapshot" ? event.outcome : event;
  // A snapshot's outcome repeats figures of the past; only a live outcome is the newest word.
  if (event.type === "turn.snapshot" || !outcome || !("balance" in outcome)) return state;
  return { ...state, balance: outcome.balance, quota: outcome.quota };
}

/** Knows of a running turn before its first event: attaching then replays from the start. */
export function expectTurn(
  state: SessionState,
  turnId: string,
  conversationId: string,
  now: number,
): [SessionState, readonly Attach[]] {
  const known = state.turns.get(turnId);
  if (known) return [state, isLive(known) ? [{ turnId, afterSeq: known.seq }] : NONE];
  return [withTurn(state, newTurn(turnId, conversationId, now)), [{ turnId, afterSeq: 0 }]];
}

export function receive(
  state: SessionState,
  event: ServerEvent,
  now: number,
): [SessionState, readonly Attach[]] {
  switch (event.type) {
    case "session.ready": {
      let next: SessionState = {
        ...state,
        user: event.user,
        balance: event.balance,
        quota: event.quota,
        limits: event.limits,
        draining: false,
      };
      const attach = new Map<string, Attach>();
      // Turns that ran when the socket broke are attached even if the server no longer lists them:
      // they have ended meanwhile, and their outcome is what is missing.
      for (const turn of state.turns.values()) {
        if (isLive(turn)) attach.set(turn.turnId, { turnId: turn.turnId, afterSeq: turn.seq });
      }
      for (const running of event.runningTurns) {
        const [following, wanted] = expectTurn(next, running.turnId, running.conversationId, now);
        next = following;
        for (const one of wanted) attach.set(one.turnId, one);
      }
      return [next, [...attach.values()]];
    }
    case "turn.started":
    case "turn.delta":
    case "turn.reasoning":
    case "turn.partial":
    case "turn.notice":
    case "turn.snapshot":
    case "turn.completed":
    case "turn.failed":
    case "turn.cancelled":
      return turnEvent(state, event, now);
    case "turn.cancelling": {
      const turn = state.turns.get(event.turnId);
      if (!turn || turn.phase !== "running") return [state, NONE];
      return [withTurn(state, { ...turn, phase: "stopping" }), NONE];
    }
    case "balance.changed":
      return [{ ...state, balance: event.balance }, NONE];
    case "quota.changed":
      return [{ ...state, quota: event.quota, threshold: 0 }, NONE];
    case "quota.threshold":
      return [{ ...state, quota: event.quota, threshold: event.percent }, NONE];
    case "server.draining":
      return [{ ...state, draining: true }, NONE];
    case "conversation.subscribed": {
      let next = state;
      const attach: Attach[] = [];
      for (const running of event.runningTurns) {
        const known = next.turns.get(running.turnId);
        if (known) continue;
        const [following, wanted] = expectTurn(next, running.turnId, running.conversationId, now);
        next = following;
        attach.push(...wanted);
      }
      return [next, attach];
    }
    default:
      return [state, NONE];
  }
}

/** A turn that nobody can tell about any more (`not_found` on attach): forget that it runs. */
export function forget(state: SessionState, turnId: string): SessionState {
  const turns = new Map(state.turns);
  turns.delete(turnId);
  return { ...state, turns };
}
