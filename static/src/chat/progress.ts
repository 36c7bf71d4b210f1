// The line under an answer that is being written: how long, how fast, what it has cost so far.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { isZero, product, usd } from "../core/money.js";
import { stopwatch } from "../core/time.js";
import type { TurnState } from "../core/turns.js";
import { base, ClientElement, define } from "../ui/element.js";

/** Characters of one token, roughly, in the languages of most answers; hence the sign ≈. */
const CHARACTERS_A_TOKEN = 4;
/** Two looks a second: fast enough to be believed, slow enough to be read. */
const TICK_MS = 500;

export class Progress extends ClientElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 8px;
        min-block-size: 28px;
        font-size: 13px;
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .dot {
        inline-size: 8px;
        block-size: 8px;
        border-radius: 50%;
        background: var(--accent);
        animation: breathe 1.6s ease-in-out infinite;
      }
      .stopping {
        background: var(--control);
        animation: none;
      }
      span {
        white-space: nowrap;
      }
      span + span::before {
        content: "·";
        margin-inline-end: 8px;
      }
      @media (max-width: 480px) {
        .speed {
          display: none;
        }
      }
      @keyframes breathe {
        50% {
          opacity: 0.25;
        }
      }
    `,
  ];

  @property({ attribute: false }) turn: () => TurnState | undefined = () => undefined;
  @property() model = "";
  private tick: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.tick = setInterval(() => this.requestUpdate(), TICK_MS);
  }

  override disconnectedCallback(): void {
    clearInterval(this.tick);
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const turn = this.turn();
    if (!turn) return html``;
    const now = Date.now();
    const stopping = turn.phase === "stopping";
    const tokens = Math.ceil(turn.text.length / CHARACTERS_A_TOKEN);
    const writing = turn.firstTextAt === undefined ? 0 : (now - turn.firstTextAt) / 1000;
    const words = stopping
      ? t("message.stopping")
      : turn.firstTextAt === undefined
        ? t("message.thinking")
        : t("message.writing");
    const spent = this.spent(turn, tokens);
    return html`<i class="dot ${stopping ? "stopping" : ""}"></i>
      <span>${words}</span>
      <span>${stopwatch(now - turn.since)}</span>
      ${writing > 1 && !stopping ? html`<span class="speed">${t("message.speed", { rate: Math.round(tokens / writing) })}</span>` : nothing}
      ${spent ? html`<span>${t("message.spent", { usd: spent })}</span>` : nothing}`;
  }

  /** Output so far at the model's price. The input is known only when the provider tells. */
  private spent(turn: TurnState, tokens: number): string | undefined {
    const prices = this.client.models.value.items.find(
      ({ id, name }) => id === turn.model || name === turn.model,
    )?.prices;
    if (!prices || !tokens || isZero(prices.output)) return undefined;
    return usd(product(prices.output, tokens, 6), locale());
  }
}

define("causerie-progress", Progress);
