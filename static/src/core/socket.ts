// One socket that stays: it connects again by itself, finds half-open connections, and says what a
// close means. What the frames say is not its business.
import { Problem } from "./api.js";
import { Store } from "./store.js";

export type Connection =
  | { phase: "connecting" }
  | { phase: "open" }
  /** Lost; trying again at `retryAt` (ms since the epoch). */
  | { phase: "waiting"; since: number; retryAt: number }
  /** The server wants a sign-in first. */
  | { phase: "signed-out" }
  /** Given up for a reason that trying again would not change. */
  | { phase: "stopped"; code: number };

export type NextStep =
  | { kind: "stop" }
  | { kind: "sign-in" }
  /** `drop`: what was being sent broke it, so it is not sent again. */
  | { kind: "retry"; delayMs: number; drop: boolean };

const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 15_000;
/** Silence after which a page asks whether anybody is there; browsers do not show protocol pings. */
const SILENCE_MS = 25_000;
const PONG_MS = 10_000;
/** The same where the machine has said that it has no network: few are left to answer. */
const OFFLINE_MS = 2_000;
/** A silence that makes one ask as soon as the page is seen again. */
const DOZE_MS = 5_000;
/** So often a fresh ticket is tried before whoever gives them is taken to say that nobody is signed in. */
const TICKETS = 2;

/** Half a second, doubled up to fifteen, of which a random half is waited: tabs must not march in step. */
export function backoff(attempt: number, chance: number): number {
  const ceiling = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return ceiling / 2 + (ceiling / 2) * chance;
}

/** What a close code asks of the client (the table of `causerie.v1`). */
export function afterClose(
  code: number,
  attempt: number,
  chance: number,
  retryAfterS: number | undefined,
): NextStep {
  switch (code) {
    case 1000:
    case 1001:
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 4403:
      return { kind: "stop" };
    case 4401:
      return { kind: "sign-in" };
    case 1012:
      return { kind: "retry", delayMs: attempt ? backoff(attempt, chance) : chance * 500, drop: false };
    case 4429:
      return {
        kind: "retry",
        delayMs: retryAfterS === undefined ? LAST_DELAY_MS : retryAfterS * 1000,
        drop: false,
      };
    case 1009:
      return { kind: "retry", delayMs: backoff(attempt, chance), drop: true };
    default:
      return { kind: "retry", delayMs: backoff(attempt, chance), drop: false };
  }
}

interface Frame {
  type: string;
  re?: string;
  retryAfter?: number;
}

interface Waiter {
  resolve(frame: Frame): void;
  reject(problem: Problem): void;
}

export interface SocketOptions {
  /** Below this page's origin, or a whole address. */
  path: string;
  protocol: string;
  /** Every frame, in order, before the promise of the command that it answers. */
  receive(frame: { type: string }): void;
  /** Called when the socket has opened, before its first frame. */
  opened?(): void;
  /** Asked after a silence; any answer will do. */
  probe(): { type: string; [field: string]: unknown };
  /** A one-time ticket for each opening, where no cookie speaks for the user. */
  ticket?(): Promise<string>;
  /** Called when the socket was lost, before anything else learns of it. */
  lost?(): void;
}

export class Socket {
  readonly connection = new Store<Connection>({ phase: "connecting" });
  private socket: WebSocket | undefined;
  private attempt = 0;
  private lostSince = 0;
  private retryAfter: number | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private heardAt = 0;
  private round = 0;
  private commands = 0;
  private readonly waiting = new Map<string, Waiter>();

  constructor(private readonly options: SocketOptions) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    addEventListener("online", this.hurry);
    addEventListener("offline", this.doubt);
    document.addEventListener("visibilitychange", this.hurry);
    this.connect();
  }

  stop(): void {
    this.running = false;
    this.round++;
    this.attempt = 0;
    removeEventListener("online", this.hurry);
    removeEventListener("offline", this.doubt);
    document.removeEventListener("visibilitychange", this.hurry);
    clearTimeout(this.retry);
    this.let(1000);
    this.fail(new Problem("connection_lost", "The page closed the connection.", true));
  }

  /** Connects at once when it waits: the network is back, the tab is seen again, a person asked. */
  readonly hurry = (event?: Event): void => {
    if (event?.type === "visibilitychange" && document.visibilityState !== "visible") return;
    if (!this.running) return;
    const { phase } = this.connection.value;
    if (phase === "waiting") this.connect();
    // A machine that slept may hold a socket that nobody is at the other end of any more.
    else if (event && phase === "open" && Date.now() - this.heardAt > DOZE_MS) this.probe();
  };

  /** A socket does not notice that the network is gone: it would look open for half a minute. */
  private readonly doubt = (): void => {
    if (this.connection.value.phase === "open") this.probe(OFFLINE_MS);
  };

  /** Resolves when it is open; raises `Problem` once that is given up. */
  opened(): Promise<void> {
    const { connection } = this;
    return new Promise((resolve, reject) => {
      const check = (): boolean => {
        const { phase } = connection.value;
        if (phase === "open") resolve();
        else if (phase === "stopped" || phase === "signed-out") {
          reject(new Problem("stopped", "The connection is closed.", false));
        } else return false;
        return true;
      };
      if (check()) return;
      const stop = connection.subscribe(() => {
        if (check()) stop();
      });
    });
  }

  /** Sends a command and waits for its one direct answer; an `error` answer raises `Problem`. */
  request<T>(command: { type: string; [field: string]: unknown }): Promise<T> {
    const id = `c${++this.commands}`;
    return new Promise<T>((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) {
        reject(new Problem("connection_lost", "There is no connection.", true));
        return;
      }
      this.waiting.set(id, { resolve: resolve as (frame: Frame) => void, reject });
      const { type, ...payload } = command;
      this.socket.send(JSON.stringify({ type, id, ...payload }));
    });
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.connection.set({ phase: "connecting" });
    const { ticket } = this.options;
    if (ticket) void this.admitted(ticket);
    else this.open([]);
  }

  /** With a ticket of its own. One that is refused says nothing yet: it may have come too late. */
  private async admitted(ticket: () => Promise<string>): Promise<void> {
    const round = ++this.round;
    try {
      const bearer = await ticket();
      if (this.running && round === this.round) this.open([`bearer.${bearer}`]);
    } catch (error) {
      if (!this.running || round !== this.round) return;
      const refused = error instanceof Problem && error.status === 401;
      this.closed(refused ? 4401 : 1006);
    }
  }

  private open(credentials: readonly string[]): void {
    const url = new URL(this.options.path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, [this.options.protocol, ...credentials]);
    this.socket = socket;
    socket.onopen = () => {
      this.listen();
      this.options.opened?.();
    };
    socket.onmessage = (event) => this.heard(event.data as string);
    socket.onclose = (event) => this.closed(event.code);
  }

  private heard(data: string): void {
    this.listen();
    const frame = JSON.parse(data) as Frame;
    if (this.connection.value.phase !== "open" && frame.type !== "error") {
      this.attempt = 0;
      this.lostSince = 0;
      this.connection.set({ phase: "open" });
    }
    if (frame.retryAfter !== undefined) this.retryAfter = frame.retryAfter;
    this.options.receive(frame);
    const waiter = frame.re === undefined ? undefined : this.waiting.get(frame.re);
    if (!waiter || frame.re === undefined) return;
    this.waiting.delete(frame.re);
    if (frame.type === "error") waiter.reject(problemOf(frame));
    else waiter.resolve(frame);
  }

  /** Starts the clock of silence again; when it runs out somebody must answer a ping. */
  private listen(): void {
    this.heardAt = Date.now();
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.probe(), SILENCE_MS);
  }

  private probe(patience = PONG_MS): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.closed(1006), patience);
    this.request(this.options.probe()).catch(() => undefined);
  }

  private closed(code: number): void {
    this.let(1000);
    if (!this.running) return;
    const spent = code === 4401 && this.options.ticket !== undefined && this.attempt < TICKETS;
    const step = afterClose(spent ? 1006 : code, this.attempt++, Math.random(), this.retryAfter);
    this.retryAfter = undefined;
    this.options.lost?.();
    this.fail(
      new Problem(
        step.kind === "retry" && step.drop ? "too_large" : "connection_lost",
        "The connection was lost.",
        step.kind === "retry" && !step.drop,
      ),
    );
    if (step.kind === "stop") this.connection.set({ phase: "stopped", code });
    else if (step.kind === "sign-in") this.connection.set({ phase: "signed-out" });
    else {
      const now = Date.now();
      this.lostSince ||= now;
      this.connection.set({ phase: "waiting", since: this.lostSince, retryAt: now + step.delayMs });
      this.retry = setTimeout(() => this.connect(), step.delayMs);
    }
  }

  /** Lets go of the socket without hearing from it again: a half-open one would take minutes to close. */
  private let(code: number): void {
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  private fail(problem: Problem): void {
    const waiters = [...this.waiting.values()];
    this.waiting.clear();
    for (const waiter of waiters) waiter.reject(problem);
  }
}

function problemOf(frame: Frame): Problem {
  const error = frame as Frame & {
    code: string;
    message: string;
    retryable: boolean;
    path?: string;
    metadata?: Record<string, unknown>;
  };
  const { code, message, retryable, retryAfter, metadata = {}, path } = error;
  return new Problem(code, message, retryable, 0, retryAfter, metadata, undefined, path);
}
