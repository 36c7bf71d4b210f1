// What is left: credits, and how much of the month's quota is used.
import { css, html, nothing, type TemplateResult } from "lit";

import { locale, t } from "../core/i18n.js";
import { add, compare, credits, isZero, share, usd } from "../core/money.js";
import type { SessionState } from "../core/session.js";
import { StoreController } from "../core/store.js";
import { utcDay } from "../core/time.js";
import { base, ClientElement, define } from "../ui/element.js";
import "../ui/meter.js";

export class QuotaView extends ClientElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 6px;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
      .line {
        display: flex;
        justify-content: space-between;
        align-items: baseline;
        gap: 8px;
      }
      .credits {
        font-size: 15px;
        font-weight: 600;
      }
      .low {
        color: var(--bad);
      }
      small {
        font-size: 12px;
        color: var(--muted);
      }
    `,
  ];

  private readonly figures = new StoreController(this, (state: SessionState) => state.balance);
  private readonly quota = new StoreController(this, (state: SessionState) => state.quota);

  override render(): TemplateResult {
    const balance = this.figures.follow(this.client.session);
    const quota = this.quota.follow(this.client.session);
    if (!balance || !quota) return html``;
    const used = add(quota.spentUsd, quota.heldUsd);
    const spent = usd(used, locale());
    const limit = quota.limitUsd;
    const month = limit === null
      ? spent
      : t("quota.month", { spent, limit: usd(limit, locale()) });
    const resets = t("quota.resets", { day: utcDay(quota.resetsAt, locale()) });
    const low = compare(balance.spendable, "0") <= 0;
    return html`
      <div class="line">
        <span class="muted">${t("quota.credits")}</span>
        <span class="credits ${low ? "low" : ""}">${credits(balance.spendable, locale())}</span>
      </div>
      ${isZero(balance.held)
        ? nothing
        : html`<div class="line"><span></span><small>${t("quota.held", { held: credits(balance.held, locale()) })}</small></div>`}
      <div class="line"><span class="muted">${t("quota.thisMonth")}</span><span>${month}</span></div>
      ${limit === null
        ? nothing
        : html`<causerie-meter .value=${share(used, limit)} label=${t("quota.label")} text=${`${month}, ${resets}`}></causerie-meter>`}
      <small class="resets">${resets}</small>
    `;
  }
}

define("causerie-quota", QuotaView);
