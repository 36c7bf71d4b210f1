// A turn over HTTP where no socket comes about, as some networks let none through: the same start and
// the same events. Comes when it is first needed.
import { Problem } from "./api.js";
import type { Client } from "./client.js";
import { readFigures } from "./figures.js";
import type { Conversation, Turn } from "./resources.js";
import { forget } from "./session.js";
import { EventParser } from "./sse.js";
import { isLive } from "./turns.js";
import type { TurnEvent, TurnRequest, TurnStarted } from "./wire.gen.js";

/** So often the server is asked for a turn whose events have broken off. */
const ASK_MS = 2_000;
/** After so much silence nobody is taken to be there any more. */
const SILENCE_MS = 40_000;

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
  const silence = new Silence();
  try {
    const stream = await ears.api.events(path, { ...request, clientMessageId }, silence.signal);
    return await new Promise((resolve, reject) => void follow(ears, stream, silence, resolve).catch(reject));
  } catch (error) {
    silence.end();
    throw error instanceof Problem ? error : new Problem("network", "The server could not be reached.", true);
  }
}

/** Hangs up where nothing has come for so long: the server says something every 15 seconds. */
class Silence {
  private readonly aborter = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.heard();
  }

  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  heard(): void {
    this.end();
    this.timer = setTimeout(() => this.aborter.abort(), SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

async function follow(ears: Ears, stream: ReadableStream<Uint8Array>, silence: Silence, started: (event: TurnStarted) => void): Promise<void> {
  let turnId = "";
  const parser = new EventParser();
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  const listen = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      silence.heard();
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
  silence.end();
  if (!turnId) throw new Error("nothing was said");
  await see(ears, turnId);
}

/** To the end of a turn that nobody tells of any more. */
async function see(ears: Ears, turnId: string): Promise<void> {
  const { api, session } = ears;
  const runs = (): boolean => {
    const known = session.value.turns.get(turnId);
    return known !== undefined && isLive(known);
  };
  while (runs()) {
    await pause(ASK_MS);
    if (!runs()) return;
    try {
      ears.recall(await api.get<Turn>(`/api/turns/${turnId}`));
      // What is read of a turn says nothing of what is left now.
      if (!runs()) readFigures(api).then((figures) => session.update((now) => ({ ...now, ...figures })), () => undefined);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 404) session.update((state) => forget(state, turnId));
      else if (error.status === 401 || error.status === 403) return;
    }
  }
}
