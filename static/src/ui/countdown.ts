// Seconds until something happens by itself. It goes on where its host is taken out and put back.
import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Often enough that a second is never shown late by much. */
const TICK_MS = 250;

export class Countdown implements ReactiveController {
  /** Seconds; undefined: nothing is waited for. */
  left: number | undefined;
  private due: number | undefined;
  private tick: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly ended: () => void,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.run();
  }

  hostDisconnected(): void {
    clearInterval(this.tick);
  }

  /** Counts to that moment (ms since the epoch); undefined: no more. */
  until(due: number | undefined): void {
    this.due = due;
    this.run();
  }

  private run(): void {
    clearInterval(this.tick);
    this.left = this.due && Math.max(0, Math.ceil((this.due - Date.now()) / 1000));
    if (this.due !== undefined) this.tick = setInterval(() => this.count(), TICK_MS);
  }

  private count(): void {
    const left = Math.max(0, Math.ceil(((this.due ?? 0) - Date.now()) / 1000));
    if (left !== this.left) this.host.requestUpdate();
    this.left = left;
    if (left > 0) return;
    this.until(undefined);
    this.ended();
  }
}
