// How a page of another site proves who its user is: the host gives one-time tickets, and one of them
// buys a bearer for REST. Neither is ever stored, and neither is an attribute.
import { Problem, type Credentials as Speaking } from "../core/api.js";
import type { BearerView } from "../core/wire.gen.js";

/** The host's own: a fresh one-time ticket for whoever is signed in there. */
export type GetTicket = () => Promise<string>;

/** Of the fifteen minutes that a bearer lasts, one is left for what is under way. The clocks of two
 * machines are not compared: what counts is when it came. */
const LASTS_MS = 14 * 60_000;

const TICKET_WAIT_MS = 15_000;

export class Credentials implements Speaking {
  private readonly sources = new Set<GetTicket>();
  private held: { token: string; until: number } | undefined;
  private making: Promise<BearerView> | undefined;

  constructor(
    private readonly base: string,
    source: GetTicket,
  ) {
    this.sources.add(source);
  }

  /** Another part of the page gives tickets for the same user. */
  add(source: GetTicket): void {
    this.sources.add(source);
  }

  remove(source: GetTicket): void {
    this.sources.delete(source);
  }

  /** Raises `Problem` with status 401 where the host gives none. */
  async ticket(): Promise<string> {
    const source = [...this.sources].at(-1);
    const none = new Problem("unauthenticated", "This page gave no ticket.", false, 401);
    let late: ReturnType<typeof setTimeout> | undefined;
    try {
      const wait = new Promise<never>((_, reject) => {
        late = setTimeout(() => reject(new Error("getTicket did not answer in time")), TICKET_WAIT_MS);
      });
      const ticket: unknown = await Promise.race([source?.(), wait]);
      if (typeof ticket === "string" && ticket) return ticket;
    } catch (error) {
      if (!navigator.onLine) throw new Problem("network", "There is no network.", true);
      none.cause = error;
    } finally {
      clearTimeout(late);
    }
    throw none;
  }

  /** What `Authorization` says. Asked for again a minute before it ends; callers meanwhile share one. */
  async bearer(): Promise<string> {
    if (this.held && Date.now() < this.held.until) return this.held.token;
    return (await this.exchange()).token;
  }

  /** The server did not take `token` any more. */
  forget(token: string): void {
    if (this.held?.token === token) this.held = undefined;
  }

  /** Buys a bearer, and learns by it who the user is. */
  exchange(): Promise<BearerView> {
    this.making ??= this.buy().finally(() => (this.making = undefined));
    return this.making;
  }

  private async buy(): Promise<BearerView> {
    const ticket = await this.ticket();
    let response: Response;
    let envelope: { data?: BearerView; error?: { code?: string; message?: string; retryable?: boolean } };
    try {
      response = await fetch(`${this.base}/api/auth/exchange`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        credentials: "omit",
        body: JSON.stringify({ ticket }),
      });
      envelope = (await response.json()) as typeof envelope;
    } catch {
      throw new Problem("network", "The server could not be reached.", true);
    }
    if (!response.ok || !envelope.data) {
      const { code = "unavailable", message = `The server answered ${response.status}.`, retryable = false } = envelope.error ?? {};
      throw new Problem(code, message, retryable, response.status);
    }
    this.held = { token: envelope.data.token, until: Date.now() + LASTS_MS };
    return envelope.data;
  }
}
