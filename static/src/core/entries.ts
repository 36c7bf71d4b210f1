// The rows of a thread, as values: stored messages, messages on their way, answers being written.
import type { Problem } from "./api.js";
import type { Queue } from "./queue.js";
import type { Message } from "./resources.js";
import { isLive, type TurnState } from "./turns.js";
import type { Receipt, SaidFile, SaidImage } from "./wire.gen.js";

export type Attachment = SaidImage | SaidFile;

/** One row of the thread. `key` outlives the moment at which the server gives it an id. */
export interface Entry {
  key: string;
  role: "user" | "assistant";
  id: string | undefined;
  text: string;
  /** What went along with a question, in its order. */
  attachments: readonly Attachment[];
  turnId: string | undefined;
  model: string | undefined;
  receipt: Receipt | undefined;
  /** Of a stored answer: complete, partial or failed. A running one is read from the session. */
  state: string | undefined;
  siblings: readonly string[];
  at: string;
  /** Only of what this page sends: on its way, or turned down. */
  sending?: "sending" | "refused";
  problem?: Problem;
}

export interface ThreadState {
  id: string | undefined;
  phase: "loading" | "ready" | "missing" | "failed";
  title: string;
  model: string | undefined;
  entries: readonly Entry[];
  cursor: string | null;
  queue: Queue;
  /** Counts what was sent from here: the view follows each of them. */
  sent: number;
}

export function entryOf(message: Message): Entry {
  return {
    key: message.id,
    role: message.role === "user" ? "user" : "assistant",
    id: message.id,
    text: message.text,
    attachments: (message.parts ?? []).filter((part) => part.type !== "text"),
    turnId: message.turnId,
    model: message.model,
    receipt: message.receipt,
    state: message.state,
    siblings: message.siblings ?? [],
    at: message.createdAt,
  };
}

export function withoutSending(entry: Entry): Entry {
  const { sending: _sending, problem: _problem, ...rest } = entry;
  return rest;
}

/** A message on its way; `key` is its `clientMessageId`. */
export function questionOf(key: string, text: string): Entry {
  return {
    key,
    role: "user",
    id: undefined,
    text,
    attachments: [],
    turnId: undefined,
    model: undefined,
    receipt: undefined,
    state: undefined,
    siblings: [],
    at: new Date().toISOString(),
    sending: "sending",
  };
}

/** Stored rows whose turn left no whole answer and is not known yet: how it ended has to be asked. */
export function unfinished(entries: readonly Entry[], known: ReadonlyMap<string, unknown>): Entry[] {
  return entries.filter((entry, index) => {
    if (!entry.turnId || known.has(entry.turnId)) return false;
    if (entry.role === "assistant") return entry.state !== "complete";
    return entries[index + 1]?.role !== "assistant" && entry.sending === undefined;
  });
}

/**
 * Gives each turn its row under its question. `unknown`: one runs whose question is not here yet, so
 * it was asked elsewhere and has to be read first.
 */
export function placeTurns(
  entries: readonly Entry[],
  turns: readonly TurnState[],
): { rows: readonly Entry[]; unknown: boolean } {
  let rows = entries;
  let unknown = false;
  const sending = entries.some((entry) => entry.sending === "sending");
  for (const turn of turns) {
    if (turn.userMessageId === undefined) continue;
    if (rows.some((row) => row.role === "assistant" && row.turnId === turn.turnId)) continue;
    const index = rows.findIndex((row) => row.id === turn.userMessageId);
    // A question that this page is just sending is not one that was asked elsewhere.
    if (index < 0) unknown ||= isLive(turn) && !sending;
    // An ended turn only fills a gap: where an answer stands, it is another version's.
    else if (isLive(turn) || rows[index + 1]?.role !== "assistant") {
      rows = [...rows.slice(0, index + 1), answerOf(turn), ...rows.slice(index + 1)];
    }
  }
  return { rows, unknown };
}

function answerOf(turn: TurnState): Entry {
  return {
    key: turn.messageId ?? turn.turnId,
    role: "assistant",
    id: turn.messageId,
    text: "",
    attachments: [],
    turnId: turn.turnId,
    model: turn.model,
    receipt: undefined,
    state: undefined,
    siblings: [],
    at: new Date(turn.since).toISOString(),
  };
}
