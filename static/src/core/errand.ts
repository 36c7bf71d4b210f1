// One request that is answered as it is made, outside conversations: asked by POST, told in events.
// It belongs to no element, so a page may be left while it runs.
import { Problem, type Api } from "./api.js";
import { dueAt } from "./patience.js";
import { EventParser } from "./sse.js";
import { Store } from "./store.js";
import { applyEvent, isLive, newTurn, type TurnState } from "./turns.js";
import type { TurnEvent } from "./wire.gen.js";

/** For the outcome, after somebody has asked for the end; then the connection is closed, which ends it too. */
const STOP_MS = 5_000;

export interface ErrandState {
  turn: TurnState;
  /** A typed answer as far as it has come, unchecked. */
  partial: unknown;
  /** What JSON would have as `data`: there when it has completed. */
  result: unknown;
  /** It never became a turn, and cost nothing. */
  refused: Problem | undefined;
  /** When it asks again by itself (ms since the epoch), if waiting is all it needs. */
  due: number | undefined;
  /** The connection ended before the outcome was told. */
  unheard: boolean;
}

export function begun(now: number): ErrandState {
  return { turn: newTurn("", "", now), partial: undefined, result: undefined, refused: undefined, due: undefined, unheard: false };
}

/** Takes one event. A stream over HTTP is in order and whole, so a gap is what the server has merged. */
export function advance(state: ErrandState, event: TurnEvent, now: number): ErrandState {
  const first = event.type === "turn.delta" ? (event.fromSeq ?? event.seq) : event.seq;
  const known: TurnState = { ...state.turn, turnId: event.turnId, seq: Math.max(state.turn.seq, first - 1) };
  const [turn] = applyEvent(known, event, now);
  const next = { ...state, turn: state.turn.phase === "stopping" && isLive(turn) ? { ...turn, phase: "stopping" as const } : turn };
  if (event.type === "turn.partial") return { ...next, partial: event.value };
  if (event.type === "turn.completed") return { ...next, result: event.result };
  return next;
}

export class Errand {
  readonly state = new Store<ErrandState>(begun(Date.now()));
  private readonly aborter = new AbortController();

  constructor(
    private readonly api: Api,
    readonly path: string,
    readonly body: unknown,
    /** How often the same was refused before. */
    private readonly refusals = 0,
  ) {}

  /** The same, to be asked once more. */
  anew(): Errand {
    return new Errand(this.api, this.path, this.body, this.refusals + 1);
  }

  get live(): boolean {
    const { turn, refused } = this.state.value;
    return !refused && isLive(turn);
  }

  /** Resolves when it has ended, however it has. */
  async run(): Promise<void> {
    try {
      await this.listen(await this.api.events(this.path, this.body, this.aborter.signal));
      if (this.live) this.lose();
    } catch (error) {
      if (this.aborter.signal.aborted || !(error instanceof Problem)) this.lose();
      else this.state.update((state) => ({ ...state, refused: error, due: dueAt(error, Date.now(), this.refusals) }));
    }
  }

  /** It does not ask again by itself: whoever asked decides. */
  hold(): void {
    this.state.update((state) => ({ ...state, due: undefined }));
  }

  private async listen(stream: ReadableStream<Uint8Array>): Promise<void> {
    const parser = new EventParser();
    const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const { data } of parser.push(value)) {
        this.state.update((state) => advance(state, JSON.parse(data) as TurnEvent, Date.now()));
      }
    }
  }

  /** The outcome is not known here. Who stopped it has stopped it: nobody else reads such a turn. */
  private lose(): void {
    this.state.update((state) => {
      const stopped = state.turn.phase === "stopping";
      const turn: TurnState = {
        ...state.turn,
        phase: stopped ? "cancelled" : "failed",
        error: stopped ? undefined : { code: "connection_lost", message: "", retryable: true },
        endedAt: Date.now(),
      };
      return { ...state, turn, unheard: true };
    });
  }

  /** Ends it: what was said is charged, the rest is not. */
  async cancel(): Promise<void> {
    if (!this.live) return;
    const { turnId } = this.state.value.turn;
    this.state.update((state) => ({ ...state, turn: { ...state.turn, phase: "stopping" } }));
    // A turn that has not said its name yet is ended by hanging up.
    if (!turnId) return this.aborter.abort();
    setTimeout(() => this.live && this.aborter.abort(), STOP_MS);
    try {
      await this.api.post(`/api/turns/${turnId}/cancel`);
    } catch {
      this.aborter.abort();
    }
  }
}
