// A turn over HTTP where no socket comes about, as some networks let none through: the same start and
// the same events. Comes when it is first needed.
import { Problem } from "./api.js";
import type { Client } from "./client.js";
import type { Conversation, Turn } from "./resources.js";
import { EventParser } from "./sse.js";
import { isLive } from "./turns.js";
import type { TurnEvent, TurnRequest, TurnStarted } from "./wire.gen.js";

/** So often the server is asked for a turn whose events have broken off. */
const ASK_MS = 2_000;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export type Ears = Pick<Client, "api" | "session" | "receive" | "recall">;

/** Where a turn is to stand that names no conversation yet. */
export async function conversationOf({ api }: Ears, { conversationId, workspaceId }: TurnRequest): Promise<string> {
  return conversationId ?? (await api.post<Conversation>("/api/conversations", workspaceId ? { workspaceId } : {})).id;
}

/**
 * Starts a turn in a conversation that is named, and follows it to its end. Raises `Problem`: refused,
 * or the network failed; asked again with the same `clientMessageId`, it is the same turn.
 */
export async function startOverHttp(ears: Ears, request: TurnRequest, clientMessageId: string): Promise<TurnStarted> {
  const path = `/api/conversations/${request.conversationId}/messages`;
  const stream = await ears.api.events(path, { ...request, clientMessageId }, new AbortController().signal);
  return new Promise((resolve, reject) => {
    void follow(ears, stream, resolve).catch(() => reject(new Problem("network", "The server could not be reached.", true)));
  });
}

async function follow(ears: Ears, stream: ReadableStream<Uint8Array>, started: (event: TurnStarted) => void): Promise<void> {
  let turnId = "";
  const parser = new EventParser();
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  const listen = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const { data } of parser.push(value)) {
        const event = JSON.parse(data) as TurnEvent;
        ears.receive(event);
        turnId = event.turnId;
        if (event.type === "turn.started") started(event);
      }
    }
  };
  await listen().catch((error: unknown) => {
    if (!turnId) throw error;
  });
  if (!turnId) throw new Error("nothing was said");
  await see(ears, turnId);
}

/** To the end of a turn that nobody tells of any more. */
async function see(ears: Ears, turnId: string): Promise<void> {
  for (;;) {
    const known = ears.session.value.turns.get(turnId);
    if (!known || !isLive(known)) return;
    await pause(ASK_MS);
    try {
      ears.recall(await ears.api.get<Turn>(`/api/turns/${turnId}`));
    } catch (error) {
      if (error instanceof Problem && error.status >= 400 && error.status < 500) return;
    }
  }
}
