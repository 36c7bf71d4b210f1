// Rows that are deleted: gone from the page at once, from the server a moment later, so that it can
// be taken back.
import type { ReactiveController, ReactiveControllerHost } from "lit";

import type { Client } from "../core/client.js";
import { t } from "../core/i18n.js";
import { UNDO_MS } from "../core/patience.js";
import { said } from "../core/said.js";

type Host = ReactiveControllerHost & HTMLElement & { client: Client };

interface Row {
  path: string;
  timer: ReturnType<typeof setTimeout>;
}

export class Leaving implements ReactiveController {
  private readonly rows = new Map<string, Row>();
  /** Deleted there, and perhaps still in a list that was read before. */
  private readonly gone = new Set<string>();

  constructor(
    private readonly host: Host,
    private readonly failed: () => unknown,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener("pagehide", this.flush);
  }

  /** Who goes to another page of ours may still take it back there. */
  hostDisconnected(): void {
    this.rest();
  }

  /** Whoever has left the page listens only while something of it may still be taken back. */
  private rest(): void {
    if (!this.rows.size && !this.host.isConnected) removeEventListener("pagehide", this.flush);
  }

  has(id: string): boolean {
    return this.rows.has(id) || this.gone.has(id);
  }

  remove(id: string, path: string, text: string): void {
    this.rows.set(id, { path, timer: setTimeout(() => void this.erase(id), UNDO_MS) });
    this.host.requestUpdate();
    this.tell({ text, action: { label: t("undo"), run: () => this.restore(id) } });
  }

  private restore(id: string): void {
    clearTimeout(this.rows.get(id)?.timer);
    this.rows.delete(id);
    this.rest();
    this.host.requestUpdate();
  }

  private async erase(id: string, keepalive = false): Promise<void> {
    const row = this.rows.get(id);
    if (!row) return;
    clearTimeout(row.timer);
    this.gone.add(id);
    this.rows.delete(id);
    this.rest();
    try {
      await this.host.client.api.delete(row.path, keepalive);
    } catch (error) {
      this.gone.delete(id);
      this.tell({ text: said(error), bad: true });
      this.failed();
    }
  }

  private readonly flush = (): void => {
    for (const id of this.rows.keys()) void this.erase(id, true);
  };

  private tell(detail: unknown): void {
    this.host.dispatchEvent(new CustomEvent("causerie-toast", { detail, bubbles: true, composed: true }));
  }
}
