// What is left: credits, and how much of the month's quota is used. It needs nothing but the client,
// so that it stands in other sites' pages as in ours. Small in a sidebar (`compact`), else with the
// pace and the day on which the month begins anew.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { add, compare, credits, isZero, usd } from "../core/money.js";
import type { SessionState } from "../core/session.js";
import { StoreController } from "../core/store.js";
import { utcDay } from "../core/time.js";
import type { Balance, Quota, QuotaView } from "../core/wire.gen.js";
import { base, ClientElement, define } from "../ui/element.js";
import "../ui/meter.js";
import { keepFresh } from "./fresh.js";
import { markOf, outlook, part } from "./pace.js";

export class QuotaElement extends ClientElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 6px;
        /* With a pace of two lines. */
        min-block-size: 222px;
        align-content: start;
        font-variant-numeric: tabular-nums;
      }
      :host([compact]) {
        min-block-size: 67px;
        font-size: 13px;
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        align-items: baseline;
        gap: 0 8px;
      }
      .credits {
        font-size: 15px;
        font-weight: 600;
      }
      /* As the headings of the parts that it stands beside. */
      .heading {
        font-size: 16px;
        font-weight: 600;
      }
      .balance {
        min-block-size: 44px;
        font-size: 34px;
        font-weight: 600;
        line-height: 44px;
        letter-spacing: -0.02em;
      }
      .low {
        color: var(--bad);
      }
      .late {
        color: var(--warn);
      }
      .month {
        margin-block-start: 14px;
        font-weight: 500;
      }
      small {
        font-size: 13px;
        color: var(--muted);
      }
      :host([compact]) small {
        font-size: 12px;
      }
      .held {
        min-block-size: 20px;
      }
    `,
  ];

  @property({ type: Boolean, reflect: true }) compact = false;
  @state() private view: QuotaView | undefined;
  private readonly figures = new StoreController(this, (state: SessionState) => state.balance);
  private readonly month = new StoreController(this, (state: SessionState) => state.quota);
  private told = 0;

  constructor() {
    super();
    keepFresh(this, () => this.compact || this.look());
  }

  override firstUpdated(): void {
    if (!this.compact) void this.look();
  }

  /** The pace comes beside the figures that the session tells; without it they stand alone. */
  private async look(): Promise<void> {
    try {
      this.view = await this.client.api.get<QuotaView>("/api/ai/quota");
    } catch {
      this.view = undefined;
    }
  }

  override updated(): void {
    const quota = this.client.session.value.quota;
    const percent = quota ? Math.max(markOf(quota), this.client.session.value.threshold) : 0;
    if (percent > this.told) this.tell("threshold", { percent, quota });
    this.told = percent;
  }

  override render(): TemplateResult | typeof nothing {
    const balance = this.figures.follow(this.client.session);
    const quota = this.month.follow(this.client.session);
    if (!balance || !quota) return nothing;
    return this.compact ? this.small(balance, quota) : this.whole(balance, quota);
  }

  private small(balance: Balance, quota: Quota): TemplateResult {
    const { spent, resets } = words(quota);
    return html`
      <div class="line">
        <span><span class="muted">${t("quota.credits")}</span>
          ${isZero(balance.held) ? nothing : html`<small>${t("quota.held", { held: credits(balance.held, locale()) })}</small>`}</span>
        <span class="credits ${tone(balance)}">${credits(balance.spendable, locale())}</span>
      </div>
      ${this.meter(quota, "ticks")}
      <div class="line"><small class="spent">${quota.limitUsd === null ? t("quota.soFar", { spent }) : spent}</small><small class="resets">${resets}</small></div>
    `;
  }

  private whole(balance: Balance, quota: Quota): TemplateResult {
    const { spent } = words(quota);
    const used = part(quota);
    const percent = new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 });
    const pace = this.view && outlook(this.view, Date.now(), locale());
    return html`
      <span class="heading">${t("quota.toSpend")}</span>
      <span class="balance credits ${tone(balance)}">${credits(balance.spendable, locale())}</span>
      <small class="held">${isZero(balance.held)
        ? nothing
        : t("quota.inAll", { credits: credits(balance.credits, locale()), held: credits(balance.held, locale()) })}</small>
      <div class="line">
        <span class="month">${t("quota.thisMonth")}: <span class="spent">${spent}</span></span>
        ${used === undefined ? nothing : html`<small>${t("quota.percent", { percent: percent.format(used) })}</small>`}
      </div>
      ${this.meter(quota, "named")}
      <p class="pace">
        ${pace ? html`<span class=${pace.late ? "late" : ""}>${t(pace.key, pace.values)}</span>` : nothing}
        <span class="muted">${t("quota.again", { day: utcDay(quota.resetsAt, locale()) })}</span>
      </p>
    `;
  }

  private meter(quota: Quota, marks: "ticks" | "named"): TemplateResult | typeof nothing {
    const used = part(quota);
    if (used === undefined) return nothing;
    const { spent, resets } = words(quota);
    return html`<causerie-meter .value=${used} label=${t("quota.label")} text=${`${spent}, ${resets}`} marks=${marks}></causerie-meter>`;
  }
}

const tone = ({ spendable }: Balance): string => (compare(spendable, "0") <= 0 ? "low" : "");

function words({ spentUsd, heldUsd, limitUsd, resetsAt }: Quota): { spent: string; resets: string } {
  const spent = usd(add(spentUsd, heldUsd), locale());
  return {
    spent: limitUsd === null ? spent : t("quota.month", { spent, limit: usd(limitUsd, locale()) }),
    resets: t("quota.resets", { day: utcDay(resetsAt, locale()) }),
  };
}

define("causerie-quota", QuotaElement);
