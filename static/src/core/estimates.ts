// What the next turn would cost, asked over the socket while somebody writes: never per key, never
// while a turn runs, and never twice for the same.
import { Problem } from "./api.js";
import type { Client } from "./client.js";
import { Store } from "./store.js";
import type { TurnEstimated, TurnRequest } from "./wire.gen.js";

/** After the last key: a pause in which one looks up. */
const REST_MS = 400;

export type Estimate = Pick<TurnEstimated, "inputTokens" | "likely" | "atMost" | "affordable">;

export type EstimateState =
  /** Nothing is written that would cost something. */
  | { phase: "none" }
  | { phase: "asking"; last: Estimate | undefined }
  | { phase: "known"; estimate: Estimate }
  | { phase: "unknown"; problem: Problem };

export const NO_ESTIMATE: EstimateState = { phase: "none" };

export class Estimates {
  readonly state = new Store<EstimateState>(NO_ESTIMATE);
  private asked = "";
  private round = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: Client) {}

  /** What would be sent now; `undefined`: nothing, or not now. */
  want(request: TurnRequest | undefined): void {
    const key = request ? JSON.stringify(request) : "";
    if (key === this.asked) return;
    this.asked = key;
    const round = ++this.round;
    clearTimeout(this.timer);
    if (!request) {
      this.state.set(NO_ESTIMATE);
      return;
    }
    const { value } = this.state;
    const last = value.phase === "known" ? value.estimate : value.phase === "asking" ? value.last : undefined;
    this.state.set({ phase: "asking", last });
    this.timer = setTimeout(() => void this.ask(request, round), REST_MS);
  }

  private async ask(request: TurnRequest, round: number): Promise<void> {
    let next: EstimateState;
    try {
      next = { phase: "known", estimate: await estimate(this.client, request) };
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem("internal", String(error), false);
      next = { phase: "unknown", problem };
      // The same is asked again when it is written again.
      if (round === this.round) this.asked = "-";
    }
    if (round === this.round) this.state.set(next);
  }
}

export function estimate(client: Client, request: TurnRequest): Promise<TurnEstimated> {
  return client.socket.request<TurnEstimated>({ type: "turn.estimate", ...request });
}
