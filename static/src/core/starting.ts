// How a turn is started: over the socket, or over HTTP where none comes about.
import { Problem } from "./api.js";
import type { Client } from "./client.js";
import type { Connection } from "./socket.js";
import type { TurnRequest, TurnStarted } from "./wire.gen.js";

/** So long a socket may be away before the other way is taken. */
const PATIENCE_MS = 5_000;
/** Between tries while no way leads there. */
const REST_MS = 2_000;

const pause = (ms: number): Promise<false> => new Promise((done) => setTimeout(done, ms, false));

const patience = (connection: Connection): number =>
  connection.phase === "waiting" ? Math.max(0, connection.since + PATIENCE_MS - Date.now()) : PATIENCE_MS;

/**
 * Where a message has been sent before: in the conversation made for it, or (`null`) over the socket in
 * one not known here. Sent again it goes there again: elsewhere it would be another turn.
 */
const before = new Map<string, string | null>();

/**
 * Starts a turn. A connection lost on the way is waited for and the same start is sent again: it is
 * idempotent by `clientMessageId`, so the turn is found if it had been admitted.
 */
export async function startTurn(client: Client, asked: TurnRequest, clientMessageId: string): Promise<TurnStarted> {
  const { socket } = client;
  for (;;) {
    const place = before.get(clientMessageId);
    const request = place ? { ...asked, conversationId: place } : asked;
    try {
      const open = socket.opened().then(() => true);
      const bound = place === null && !request.conversationId;
      let started: TurnStarted;
      if (bound ? await open : await Promise.race([open, pause(patience(socket.connection.value))])) {
        if (!request.conversationId) before.set(clientMessageId, null);
        started = await socket.request<TurnStarted>({ type: "turn.start", clientMessageId, ...request });
      } else {
        const http = await import("./overhttp.js").catch(() => {
          throw new Problem("network", "The server could not be reached.", true);
        });
        const conversationId = await http.conversationOf(client, request);
        before.set(clientMessageId, conversationId);
        started = await http.startOverHttp(client, { ...request, conversationId }, clientMessageId);
        client.overHttp.set(socket.connection.value.phase !== "open");
      }
      before.delete(clientMessageId);
      return started;
    } catch (error) {
      if (!(error instanceof Problem) || (error.code !== "connection_lost" && error.code !== "network")) throw error;
      if (error.code === "network") await pause(REST_MS);
    }
  }
}
