// What an answer cost, in one line; what is behind it is fetched when somebody asks.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { isZero } from "../core/money.js";
import type { ModelInfo } from "../core/resources.js";
import type { Receipt as ReceiptValue } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { MoneyFirst, other, short } from "./amounts.js";
import { modelName } from "./words.js";

export class Receipt extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        font-size: 13px;
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .line {
        justify-content: start;
        max-inline-size: calc(100% - var(--aside, 0px));
        margin-inline-start: -6px;
        font-size: 13px;
        text-align: start;
        overflow: clip;
      }
      .parts {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        margin-inline-start: -16px;
      }
      /* Where a row begins, the dot before it lies outside the line and is cut off. */
      .parts span::before {
        content: "·";
        display: inline-block;
        inline-size: 16px;
        text-align: center;
      }
      .line svg {
        margin-inline-start: 4px;
        transition: rotate var(--state);
      }
      .line[aria-expanded="true"] svg {
        rotate: 180deg;
      }
    `,
  ];

  @property({ attribute: false }) receipt: ReceiptValue | undefined;
  @property({ attribute: false }) models: readonly ModelInfo[] = [];
  @property() model = "";
  @property() turnId = "";
  /** Milliseconds, where this page saw the turn run. */
  @property({ type: Number }) firstTokenMs: number | undefined;
  @property({ type: Number }) durationMs: number | undefined;
  @state() private open = false;
  private readonly money = new MoneyFirst(this);

  override render(): TemplateResult {
    const { receipt } = this;
    if (!receipt) return html``;
    const tokens = receipt.calls.reduce((sum, call) => sum + call.inputTokens + call.outputTokens, 0);
    const free = isZero(receipt.charged);
    const charged = { credits: receipt.charged, usd: receipt.chargedUsd };
    return html`
      <button class="quiet line" type="button" aria-expanded=${String(this.open)} @click=${this.unfold}>
        <span class="parts">
          <span>${modelName(this.model || receipt.calls.at(-1)?.model, this.models)}</span>
          <span>${t("receipt.tokens", { count: tokens })}</span>
          ${free
            ? html`<span>${t("receipt.free")}</span>`
            : html`<span>${short(charged, this.money.value)}</span>
                <span>${other(charged, this.money.value)}</span>`}
          ${icon("chevron", 14)}
        </span>
      </button>
      ${this.open
        ? html`<causerie-receipt-sheet .receipt=${receipt} .models=${this.models} .turnId=${this.turnId}
            .firstTokenMs=${this.firstTokenMs} .durationMs=${this.durationMs}></causerie-receipt-sheet>`
        : nothing}
    `;
  }

  private readonly unfold = async (): Promise<void> => {
    if (!this.open) await import("./receipt-sheet.js");
    this.open = !this.open;
  };
}

define("causerie-receipt", Receipt);
