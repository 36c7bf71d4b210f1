// Behind a receipt's line: hold, charge, release, every agent and every provider call with its unit prices.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import texts from "../../locales/en.receipt.json";
import { agentName } from "../core/agents.js";
import { copy } from "../core/clipboard.js";
import { extend, locale, t } from "../core/i18n.js";
import { count, credits, plural, price, usd } from "../core/money.js";
import type { ModelInfo } from "../core/resources.js";
import type { BranchReceipt, CallReceipt, Receipt as ReceiptValue } from "../core/wire.gen.js";
import { base, buttons, CauserieElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { modelName } from "./words.js";

extend(texts);

export class ReceiptSheet extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        font-size: 13px;
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .sheet {
        margin-block-start: 6px;
        padding: 14px 16px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
        overflow-x: auto;
      }
      dl {
        display: grid;
        grid-template-columns: max-content max-content 1fr;
        gap: 4px 20px;
        color: var(--text);
      }
      dt {
        color: var(--muted);
      }
      dd {
        text-align: end;
      }
      dd.aside {
        text-align: start;
        color: var(--muted);
      }
      table {
        inline-size: 100%;
        margin-block-start: 14px;
        border-collapse: collapse;
        color: var(--text);
      }
      caption {
        padding-block-end: 4px;
        text-align: start;
        font-weight: 600;
      }
      th small,
      caption small {
        font: inherit;
        font-weight: 400;
        color: var(--muted);
      }
      th,
      td {
        padding: 4px 0 4px 20px;
        border-block-start: 1px solid var(--line);
        text-align: end;
        font-weight: 400;
        white-space: nowrap;
      }
      th:first-child {
        padding-inline-start: 0;
        text-align: start;
      }
      thead th {
        color: var(--muted);
      }
      tr.part th,
      tr.part td {
        border-block-start: 0;
        padding-block-start: 0;
        color: var(--muted);
      }
      tr.part th:first-child {
        padding-inline-start: 14px;
      }
      tfoot :is(th, td) {
        font-weight: 600;
      }
      .foot {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 20px;
        align-items: center;
        margin-block-start: 14px;
        padding-block-start: 8px;
        border-block-start: 1px solid var(--line);
      }
      .turn {
        display: flex;
        align-items: center;
        gap: 4px;
        min-inline-size: 0;
      }
      .id {
        overflow-wrap: anywhere;
        font: 12px var(--mono);
      }
    `,
  ];

  @property({ attribute: false }) receipt: ReceiptValue | undefined;
  @property({ attribute: false }) models: readonly ModelInfo[] = [];
  @property() turnId = "";
  /** Milliseconds, where this page saw the turn run. */
  @property({ type: Number }) firstTokenMs: number | undefined;
  @property({ type: Number }) durationMs: number | undefined;
  @state() private copied = false;

  /** What was opened at the foot of the window must not open below it. */
  override firstUpdated(): void {
    this.renderRoot.querySelector(".sheet")?.scrollIntoView({ block: "nearest" });
  }

  override render(): TemplateResult {
    const { receipt } = this;
    if (!receipt) return html``;
    const row = (name: string, amount: string, aside: string = ""): TemplateResult =>
      html`<dt>${name}</dt><dd>${t("receipt.credits", { credits: credits(amount, locale()), count: plural(amount) })}</dd><dd class="aside">${aside}</dd>`;
    return html`<div class="sheet" role="region" aria-label=${t("receipt.label")} tabindex="0">
      <dl>
        ${row(t("receipt.held"), receipt.held)}
        ${row(t("receipt.charged"), receipt.charged, usd(receipt.chargedUsd, locale(), 6))}
        ${row(t("receipt.released"), receipt.released)}
      </dl>
      ${receipt.branches?.length ? this.branches(receipt.branches) : nothing}
      ${receipt.calls.map((call, index) => this.call(call, index, receipt.calls.length))}
      <div class="foot">
        ${this.firstTokenMs === undefined ? nothing : html`<span>${t("receipt.first")} ${seconds(this.firstTokenMs)}</span>`}
        ${this.speed(receipt)}
        ${this.durationMs === undefined ? nothing : html`<span>${t("receipt.duration")} ${seconds(this.durationMs)}</span>`}
        ${this.turnId
          ? html`<span class="turn"><span>${t("receipt.turn")} <span class="id">${this.turnId}</span></span>
              <button class="quiet" type="button" aria-label=${t("receipt.copyId")} title=${t("receipt.copyId")} @click=${this.copyId}>
                ${icon(this.copied ? "check" : "copy", 14)}
              </button></span>`
          : nothing}
      </div>
    </div>`;
  }

  /** Tokens a second from the first one on, as this page saw them come. */
  private speed({ calls }: ReceiptValue): TemplateResult | typeof nothing {
    const { firstTokenMs = 0, durationMs } = this;
    const tokens = calls.reduce((sum, call) => sum + call.outputTokens, 0);
    const ms = (durationMs ?? 0) - firstTokenMs;
    if (ms <= 0 || !tokens) return nothing;
    return html`<span>${t("receipt.speed", { rate: Math.round((tokens * 1000) / ms) })}</span>`;
  }

  /** Where several agents worked: what each of them cost and how it ended. */
  private branches(branches: readonly BranchReceipt[]): TemplateResult {
    const ends = { ok: "", failed: t("receipt.failed"), cancelled: t("receipt.cancelled") };
    return html`<table>
      <caption>${t("receipt.agents")}</caption>
      <tbody>
        ${branches.map((branch) => {
          const end = [ends[branch.status], branch.error ?? ""].filter(Boolean).join(": ");
          return html`<tr>
            <th scope="row">${agentName(branch.agent)} ${end ? html`<small>${end}</small>` : nothing}</th>
            <td>${t("receipt.credits", { credits: credits(branch.charged, locale()), count: plural(branch.charged) })}</td>
            <td>${usd(branch.chargedUsd, locale(), 6)}</td>
          </tr>`;
        })}
      </tbody>
    </table>`;
  }

  private call(call: CallReceipt, index: number, of: number): TemplateResult {
    const part = (name: string, tokens: number, unit: string | undefined, inner = false): TemplateResult =>
      html`<tr class=${inner ? "part" : ""}>
        <th scope="row">${name}</th><td>${count(tokens, locale())}</td><td>${unit ? price(unit, locale()) : nothing}</td>
      </tr>`;
    const remarks = [
      call.usageSource === "estimated" ? t("receipt.estimated") : "",
      call.outcome === "failed" ? t("receipt.failed") : "",
      call.outcome === "cancelled" ? t("receipt.cancelled") : "",
    ].filter(Boolean);
    const name = of > 1 ? `${index + 1}. ${modelName(call.model, this.models)}` : modelName(call.model, this.models);
    return html`<table>
      <caption>
        ${name} <small>${[call.provider, agentName(call.agent), ...remarks].join(", ")}</small>
      </caption>
      <thead>
        <tr>
          <th scope="col">${t("receipt.kind")}</th><th scope="col">${t("receipt.count")}</th>
          <th scope="col">${t("receipt.unit")}</th>
        </tr>
      </thead>
      <tbody>
        ${part(t("receipt.input"), call.inputTokens, call.prices?.input)}
        ${call.cachedInputTokens ? part(t("receipt.cached"), call.cachedInputTokens, call.prices?.cachedInput, true) : nothing}
        ${call.cacheWriteTokens ? part(t("receipt.cacheWrite"), call.cacheWriteTokens, call.prices?.cacheWrite ?? call.prices?.input, true) : nothing}
        ${part(t("receipt.output"), call.outputTokens, call.prices?.output)}
        ${call.reasoningTokens ? part(t("receipt.reasoning"), call.reasoningTokens, undefined, true) : nothing}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">${t("receipt.provider")}</th><td></td><td>${usd(call.costUsd, locale(), 6)}</td>
        </tr>
      </tfoot>
    </table>`;
  }

  private async copyId(): Promise<void> {
    await copy(this.turnId);
    this.copied = true;
    setTimeout(() => (this.copied = false), 1500);
  }
}

function seconds(milliseconds: number): string {
  const value = new Intl.NumberFormat(locale(), { maximumFractionDigits: 1, minimumFractionDigits: 1 });
  return t("receipt.seconds", { seconds: value.format(milliseconds / 1000) });
}

define("causerie-receipt-sheet", ReceiptSheet);
