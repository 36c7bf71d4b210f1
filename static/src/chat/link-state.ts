// How the connection is: a quiet dot while all is well, words when it is not. No dialog: the page goes
// on, text pauses, and what is typed is kept.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
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
        display: inline-flex;
        align-items: center;
        gap: 8px;
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
        forced-color-adjust: none;
      }
      /* No room between the dot and words that are not there. */
      .state:not(:has(.words)) {
        margin-inline-start: -8px;
      }
      .ok {
        color: var(--ok);
      }
      .idle {
        color: var(--control);
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
  private readonly http = new StoreController(this, (value: boolean) => value);
  @state() private late = false;
  @state() private offer = false;
  private timers: ReturnType<typeof setTimeout>[] = [];
  private down = false;
  private was = false;

  override disconnectedCallback(): void {
    this.timers.forEach(clearTimeout);
    removeEventListener("online", this.noticed);
    removeEventListener("offline", this.noticed);
    super.disconnectedCallback();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("online", this.noticed);
    addEventListener("offline", this.noticed);
  }

  private readonly noticed = (): void => this.requestUpdate();

  override render(): TemplateResult {
    const link = this.link.follow(this.client.socket.connection);
    const down = link?.phase !== "open";
    if (down !== this.down) this.turned(down);
    const ended = link?.phase === "stopped" || link?.phase === "signed-out";
    const shown = down && (ended || this.late);
    const words = t(
      !down ? "link.open"
        : ended ? "link.stopped"
        : !navigator.onLine ? "link.offline"
        : this.http.follow(this.client.overHttp) ? "link.http"
        : link?.phase === "waiting" ? "link.lost"
        : "link.connecting",
    );
    return html`${shown ? nothing : html`<span class="dot ${down ? "idle" : "ok"}" role="img" aria-label=${words} title=${words}></span>`}
      <span role="status" class="state ${ended ? "bad" : ""}">
        ${shown
          ? html`<span class="dot" title=${words}></span><span class="words">${words}</span>`
          : this.was ? html`<span class="unseen">${words}</span>` : nothing}
      </span>
      ${this.offer && link?.phase === "waiting"
        ? html`<button class="button small" type="button" @click=${() => this.client.socket.hurry()}>${t("link.now")}</button>`
        : nothing}`;
  }

  private turned(down: boolean): void {
    // Only somebody who heard of the loss is told of its end.
    this.was = !down && this.late;
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
