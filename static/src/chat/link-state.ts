// A dot in the header that shows only when the connection is not as it should be. No dialog: the
// page goes on, text pauses, and what is typed is kept.
import { css, html, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { SessionState } from "../core/session.js";
import type { Connection } from "../core/socket.js";
import { StoreController } from "../core/store.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";

/** A button to hurry is offered when the wait has become noticeable. */
const OFFER_MS = 10_000;
/** A first connection is news only when it takes its time. */
const PATIENCE_MS = 1_500;

export class LinkState extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: contents;
        font-size: 13px;
      }
      .state {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        font-size: 13px;
        color: var(--warn);
        white-space: nowrap;
      }
      .dot {
        flex: none;
        inline-size: 8px;
        block-size: 8px;
        border-radius: 50%;
        background: currentColor;
      }
      .bad {
        color: var(--bad);
      }
      @media (max-width: 720px) {
        .words {
          position: absolute;
          inline-size: 1px;
          block-size: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
      }
    `,
  ];

  private readonly link = new StoreController(this, (value: Connection) => value);
  private readonly draining = new StoreController(this, (value: SessionState) => value.draining);
  @state() private late = false;
  @state() private offer = false;
  private timers: ReturnType<typeof setTimeout>[] = [];
  private down = false;

  override disconnectedCallback(): void {
    this.timers.forEach(clearTimeout);
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const link = this.link.follow(this.client.socket.connection);
    const draining = this.draining.follow(this.client.session);
    const down = link?.phase !== "open";
    if (down !== this.down) this.turned(down);
    if (!link || (!down && !draining)) return html`<span role="status"></span>`;
    const ended = link.phase === "stopped" || link.phase === "signed-out";
    const words = ended
      ? t("link.stopped")
      : draining
        ? t("link.draining")
        : link.phase === "waiting"
          ? t("link.lost")
          : t("link.connecting");
    const shown = ended || draining || this.late;
    return html`<span role="status" class="state ${ended ? "bad" : ""}" ?hidden=${!shown}>
        <span class="dot"></span><span class="words">${words}</span>
      </span>
      ${this.offer && link.phase === "waiting"
        ? html`<button class="button small" type="button" @click=${() => this.client.socket.hurry()}>${t("link.now")}</button>`
        : ""}`;
  }

  private turned(down: boolean): void {
    this.down = down;
    this.timers.forEach(clearTimeout);
    this.timers = [];
    this.late = this.offer = false;
    if (!down) return;
    this.timers = [
      setTimeout(() => (this.late = true), this.client.session.value.user ? 0 : PATIENCE_MS),
      setTimeout(() => (this.offer = true), OFFER_MS),
    ];
  }
}

define("causerie-link-state", LinkState);
