// One's plan, what is left of the month and of the hour, and how long that lasts at this pace.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { add, isZero, share, usd } from "../core/money.js";
import { planName } from "../core/plans.js";
import { clock, utcDay } from "../core/time.js";
import type { QuotaView } from "../core/wire.gen.js";
import { base, CauserieElement, define } from "../ui/element.js";
import "../ui/meter.js";
import { sections } from "../ui/page.js";
import { daysLeft } from "./pace.js";

export class Plan extends CauserieElement {
  static override styles = [
    base,
    sections,
    css`
      .month {
        display: grid;
        gap: 6px;
        max-inline-size: 480px;
        margin-block-start: 16px;
        font-variant-numeric: tabular-nums;
      }
      .month ~ p {
        margin-block-start: 12px;
      }
      .figures {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 16px;
      }
      .figures span:first-child {
        font-weight: 500;
      }
      .late {
        color: var(--warn);
      }
    `,
  ];

  @property({ attribute: false }) quota!: QuotaView;

  override render(): TemplateResult {
    const { plan, planSource, ownLimitUsd, limitUsd } = this.quota;
    return html`<section>
      <h2>${t("plan.title")}</h2>
      <p>${t("account.plan", { plan: planName(plan) })}<small> ${t(`plan.${planSource}`)}</small></p>
      ${this.month()}
      ${ownLimitUsd !== null && ownLimitUsd === limitUsd ? html`<p><small>${t("plan.own", { limit: usd(ownLimitUsd, locale()) })}</small></p>` : nothing}
      ${this.hour()}
    </section>`;
  }

  private month(): TemplateResult {
    const { spentUsd, heldUsd, limitUsd, resetsAt } = this.quota;
    const spent = usd(spentUsd, locale());
    const figures = limitUsd === null ? spent : t("quota.month", { spent, limit: usd(limitUsd, locale()) });
    const resets = t("quota.resets", { day: utcDay(resetsAt, locale()) });
    return html`<div class="month">
      <div class="figures"><span>${t("quota.thisMonth")}: ${figures}</span><small>${resets}</small></div>
      ${limitUsd === null
        ? nothing
        : html`<causerie-meter .value=${share(add(spentUsd, heldUsd), limitUsd)} label=${t("quota.label")} text=${`${figures}, ${resets}`}></causerie-meter>`}
      ${this.pace()}
    </div>`;
  }

  private pace(): TemplateResult | typeof nothing {
    const { forecastUsd, limitUsd, percent } = this.quota;
    if (limitUsd === null && isZero(forecastUsd)) return html`<small>${t("plan.noLimit")}</small>`;
    const days = daysLeft(this.quota, Date.now());
    if (percent !== null && percent >= 100) return html`<small class="late">${t("plan.usedUp")}</small>`;
    if (days !== undefined) return html`<small class="late">${t("plan.daysLeft", { count: days })}</small>`;
    return html`<small>${t(limitUsd === null ? "plan.forecastOnly" : "plan.forecast", { usd: usd(forecastUsd, locale()) })}</small>`;
  }

  private hour(): TemplateResult | typeof nothing {
    const { rate } = this.quota;
    if (!rate) return nothing;
    const words = t("plan.hour", { left: rate.remaining, limit: rate.limit });
    return html`<p>${words}${rate.remaining < rate.limit
      ? html`<small> ${t("plan.hourNext", { at: clock(rate.resetsAt, locale()) })}</small>`
      : nothing}</p>`;
  }
}

define("causerie-plan", Plan);
