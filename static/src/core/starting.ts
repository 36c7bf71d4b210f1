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
 * Starts a turn. A connection lost on the way is waited for and the same start is sent again: it is
 * idempotent by `clientMessageId`, so the turn is found if it had been admitted. What was sent over
 * the socket once goes that way again, since it may have begun in a conversation not known here.
 */
export async function startTurn(client: Client, request: TurnRequest, clientMessageId: string): Promise<TurnStarted> {
  const { socket } = client;
  for (let sent = false; ; ) {
    try {
      const open = socket.opened().then(() => true);
      if (sent ? await open : await Promise.race([open, pause(patience(socket.connection.value))])) {
        sent = true;
        return await socket.request<TurnStarted>({ type: "turn.start", clientMessageId, ...request });
      }
      const http = await import("./overhttp.js").catch(() => {
        throw new Problem("network", "The server could not be reached.", true);
      });
      request = { ...request, conversationId: await http.conversationOf(client, request) };
      const started = await http.startOverHttp(client, request, clientMessageId);
      client.overHttp.set(socket.connection.value.phase !== "open");
      return started;
    } catch (error) {
      if (!(error instanceof Problem) || (error.code !== "connection_lost" && error.code !== "network")) throw error;
      if (error.code === "network") await pause(REST_MS);
    }
  }
}
