// Figures that a turn changes are read again when it has ended, and when somebody comes back to the page.
import type { ReactiveController } from "lit";

import type { SessionState } from "../core/session.js";
import type { ClientElement } from "../ui/element.js";

/** What a turn was charged is in all reports a moment after it has ended. */
const SETTLED_MS = 500;
/** Who looked away for longer sees what has happened meanwhile. */
const AWAY_MS = 30_000;

class Fresh implements ReactiveController {
  private stop: (() => void) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private seen: Pick<SessionState, "balance" | "quota"> | undefined;
  private hiddenAt = 0;

  constructor(
    private readonly host: ClientElement,
    private readonly read: () => unknown,
  ) {}

  hostConnected(): void {
    document.addEventListener("visibilitychange", this.look);
    // The host's client comes from above and is there once it has rendered.
    void this.host.updateComplete.then(() => {
      if (!this.host.isConnected || this.stop) return;
      this.seen = this.host.client.session.value;
      this.stop = this.host.client.session.subscribe((state) => this.hear(state));
    });
  }

  hostDisconnected(): void {
    document.removeEventListener("visibilitychange", this.look);
    clearTimeout(this.timer);
    this.stop?.();
    this.stop = undefined;
  }

  private hear(state: SessionState): void {
    const before = this.seen;
    if (before?.balance === state.balance && before?.quota === state.quota) return;
    this.seen = state;
    // The first figures of a session are no news to a page that has just read its own.
    if (!before?.balance) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.read(), SETTLED_MS);
  }

  private readonly look = (): void => {
    if (document.hidden) this.hiddenAt = Date.now();
    else if (this.hiddenAt && Date.now() - this.hiddenAt > AWAY_MS) void this.read();
  };
}

/** From now on `read` is called whenever what `host` shows may have changed. */
export function keepFresh(host: ClientElement, read: () => unknown): void {
  host.addController(new Fresh(host, read));
}
