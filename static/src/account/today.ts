// For admins: what the whole installation has cost today, and what is out of the ordinary.
import { css, html, nothing, type TemplateResult } from "lit";

import { locale, t } from "../core/i18n.js";
import { usd } from "../core/money.js";
import type { AlertPage, CostReport } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { dayOf } from "./buckets.js";
import { keepFresh } from "./fresh.js";

const ALERTS = 20;

export class Today extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 0 32px;
        min-block-size: 48px;
        padding-block: 6px;
        border-block: 1px solid var(--line);
        font-size: 14px;
        font-variant-numeric: tabular-nums;
      }
      .fact {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
        min-block-size: 36px;
      }
      .alarm {
        color: var(--bad);
      }
      .failed,
      .loading {
        margin: 0;
      }
    `,
  ];

  private readonly cost = new Loader<CostReport>(this, () =>
    this.client.api.get<CostReport>(`/api/admin/ai-costs?limit=1&from=${dayOf(Date.now())}T00:00:00Z`));
  private readonly alerts = new Loader<AlertPage>(this, () => this.client.api.get<AlertPage>(`/api/admin/alerts?state=open&limit=${ALERTS}`));

  constructor() {
    super();
    keepFresh(this, () => Promise.all([this.cost.load(), this.alerts.load()]));
  }

  override render(): TemplateResult {
    return html`
      <div class="fact">${icon("coin", 16)}${this.cost.render(({ totals }) => html`<span>${t("dashboard.today", { usd: usd(totals.costUsd, locale()) })}</span>
        <a href="/admin/costs">${t("page.costs")}</a>`)}</div>
      <div class="fact">${this.alerts.render(({ items, nextCursor }) => html`
        <span class=${items.length ? "alarm" : "muted"}>${icon("alert", 16)}</span>
        <span>${items.length ? t("dashboard.alerts", { count: items.length }) : t("dashboard.noAlerts")}${nextCursor ? "+" : nothing}</span>
        <a href="/admin/alerts">${t("page.alerts")}</a>`)}</div>
    `;
  }
}

define("causerie-today", Today);
