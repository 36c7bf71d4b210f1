// The rows of a thread, as values: stored messages, messages on their way, answers being written.
import type { Problem } from "./api.js";
import type { Queue } from "./queue.js";
import type { Message } from "./resources.js";
import { isLive, type TurnState } from "./turns.js";
import type { Receipt, SaidFile, SaidImage, TurnRequest } from "./wire.gen.js";

export type Attachment = SaidImage | SaidFile;

/**
 * What somebody says. `parentId`: after which message; absent: at the end. `siblings`: the versions
 * that it joins.
 */
export interface Said {
  text: string;
  parts?: readonly Attachment[];
  parentId?: string | null;
  siblings?: readonly string[];
}

/** What somebody says, or which answer they want anew. */
export type SendInput =
  | Said
  | { regenerateOf: string; model?: string };

/** How the turns of a thread are asked for; what is absent is left to the server. */
export interface Choices {
  model?: string;
  agent?: string;
  /** `null`: none, whatever the conversation was made with. */
  presetId?: string | null;
  params?: NonNullable<TurnRequest["params"]>;
}

/** One row of the thread. `key` outlives the moment at which the server gives it an id. */
export interface Entry {
  key: string;
  role: "user" | "assistant";
  id: string | undefined;
  /** The message that it follows; `null`: it is the first; `undefined`: not told. */
  parentId: string | null | undefined;
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
  /** When it sends itself, if waiting is all it needs (ms since the epoch). */
  due?: number;
}

/** A message and how far below the upper edge it is to stand; without one, the end. */
export interface Aim {
  id?: string;
  offset?: number;
  /** Its edge lights up: somebody was sent here. */
  flash?: boolean;
}

export interface ThreadState {
  id: string | undefined;
  phase: "loading" | "ready" | "missing" | "failed";
  title: string;
  choices: Choices;
  /** What the server takes where nothing is chosen here. */
  kept: Choices;
  entries: readonly Entry[];
  /** Asks for what was said before the first entry; `null`: nothing was. */
  cursor: string | null;
  /** Asks for what was said after the last entry; `null`: it is the end. */
  newer: string | null;
  /** Where to look; a new one each time that the view has to go somewhere. */
  aim: Aim | undefined;
  queue: Queue;
  /** Counts what was sent from here: the view follows each of them. */
  sent: number;
}

export function entryOf(message: Message): Entry {
  return {
    key: message.id,
    role: message.role === "user" ? "user" : "assistant",
    id: message.id,
    parentId: message.parentId,
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
  const { sending: _sending, problem: _problem, due: _due, ...rest } = entry;
  return rest;
}

/** A message on its way; `key` is its `clientMessageId`. */
export function questionOf(key: string, said: Said): Entry {
  return {
    key,
    role: "user",
    id: undefined,
    parentId: said.parentId,
    text: said.text,
    attachments: said.parts ?? [],

    turnId: undefined,
    model: undefined,
    receipt: undefined,
    state: undefined,
    siblings: said.siblings ?? [],
    at: new Date().toISOString(),
    sending: "sending",
  };
}

/**
 * A page that was read, laid over the rows that are shown: what they have before it stays where it
 * joins on, and so does what they have after it; rows keep their keys, so that elements are kept.
 * `isLocal` names rows that only this page knows.
 */
export function lay(
  state: Pick<ThreadState, "entries" | "cursor" | "newer">,
  page: { entries: readonly Entry[]; cursor: string | null; newer: string | null },
  isLocal: (entry: Entry) => boolean,
): Pick<ThreadState, "entries" | "cursor" | "newer"> {
  const keys = new Map(state.entries.flatMap(({ id, key }) => (id ? [[id, key]] : [])));
  const fresh = page.entries.map((entry) => ({ ...entry, key: (entry.id && keys.get(entry.id)) || entry.key }));
  const ids = new Set(fresh.map((entry) => entry.id));
  const [first] = fresh;
  const head = first ? state.entries.findIndex((entry) => entry.id === first.id) : -1;
  const last = fresh.at(-1);
  const tail = last && page.newer ? state.entries.findIndex((entry) => entry.id === last.id) : -1;
  const after = tail < 0 ? [] : state.entries.slice(tail + 1);
  const local = page.newer ? [] : state.entries.filter((entry) => isLocal(entry) && !(entry.id && ids.has(entry.id)));
  return {
    entries: [...(head > 0 ? state.entries.slice(0, head) : []), ...fresh, ...after, ...local],
    cursor: head >= 0 ? state.cursor : page.cursor,
    newer: tail < 0 ? page.newer : state.newer,
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
  versions: ReadonlyMap<string, readonly string[]> = new Map(),
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
      rows = [...rows.slice(0, index + 1), answerOf(turn, versions.get(turn.userMessageId)), ...rows.slice(index + 1)];
    }
  }
  return { rows, unknown };
}

function answerOf(turn: TurnState, siblings: readonly string[] = []): Entry {
  return {
    key: turn.messageId ?? turn.turnId,
    role: "assistant",
    id: turn.messageId,
    parentId: turn.userMessageId,
    text: "",
    attachments: [],
    turnId: turn.turnId,
    model: turn.model,
    receipt: undefined,
    state: undefined,
    siblings,
    at: new Date(turn.since).toISOString(),
  };
}
