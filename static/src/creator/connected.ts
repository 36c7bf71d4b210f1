// What the host application tells of accounts, subscriptions and campaigns: agents know the same.
import { css, html, nothing, type TemplateResult } from "lit";

import { locale, t } from "../core/i18n.js";
import { count, usd } from "../core/money.js";
import type { CampaignFigures, IntegrationsView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { tables } from "../ui/table.js";
import { percent } from "./confidence.js";
import { isPlatform, PLATFORM_NAMES } from "./platforms.js";
import { tools } from "./styles.js";

const platform = (id: string): string => (isPlatform(id) ? PLATFORM_NAMES[id] : id);
const share = (value: number | null): string => (value === null ? "–" : percent(value, locale()));

function change(value: number | null): TemplateResult | typeof nothing {
  if (value === null) return nothing;
  return html` <small>${t("creator.change", { percent: `${value > 0 ? "+" : ""}${percent(value, locale())}` })}</small>`;
}

export class Connected extends ClientElement {
  static override styles = [
    base,
    buttons,
    tools,
    tables,
    css`
      dl {
        display: flex;
        flex-wrap: wrap;
        gap: 12px 40px;
        margin-block: 16px;
      }
      dt {
        font-size: 13px;
        color: var(--muted);
      }
      dd {
        font-size: 22px;
        font-variant-numeric: tabular-nums;
      }
      td:first-child {
        padding-inline-start: 0;
      }
      .chips {
        margin-block-start: 12px;
      }
    `,
  ];

  private readonly figures = new Loader<IntegrationsView>(this, () => this.client.api.get<IntegrationsView>("/api/integrations"));

  override render(): TemplateResult {
    return html`<h2>${t("creator.connected")}</h2>
      ${this.figures.render((known) => {
        const none = !known.accounts.length && !known.campaigns.length && !known.activity && !known.subscriptions;
        return none ? html`<p class="empty">${t("creator.connectedNone")}</p>` : this.view(known);
      })}`;
  }

  private view({ accounts, activity, subscriptions, campaigns }: IntegrationsView): TemplateResult {
    return html`
      <div class="chips">${accounts.map((one) => html`<span class="chip">${platform(one.platform)} <bdi>${one.name}</bdi>
        <span class="tag ${one.connected ? "good" : "warn"}">${t(one.connected ? "creator.connectedYes" : "creator.connectedNo")}</span></span>`)}</div>
      <dl>
        ${subscriptions
          ? html`<div><dt>${t("creator.subscribers")}</dt><dd>${count(subscriptions.active, locale())}</dd></div>
              <div><dt>${t("creator.monthly")}</dt><dd>${usd(subscriptions.revenueUsd, locale(), 2)}</dd></div>`
          : nothing}
        ${activity
          ? html`<div><dt>${t("creator.received", { count: activity.days })}</dt><dd>${count(activity.received, locale())}${change(activity.receivedChange)}</dd></div>
              <div><dt>${t("creator.responseRate")}</dt><dd>${share(activity.responseRate)}${change(activity.responseRateChange)}</dd></div>
              <div><dt>${t("creator.earned", { count: activity.days })}</dt><dd>${usd(activity.revenueUsd, locale(), 2)}${change(activity.revenueChange)}</dd></div>`
          : nothing}
      </dl>
      ${campaigns.length
        ? html`<div class="scroll" role="region" tabindex="0" aria-label=${t("creator.campaigns")}><table>
            <thead><tr><th scope="col">${t("creator.campaigns")}</th><th scope="col" class="number">${t("creator.sent")}</th><th scope="col" class="number">${t("creator.opened")}</th>
              <th scope="col" class="number">${t("creator.clicked")}</th><th scope="col" class="number">${t("creator.conversion")}</th><th scope="col" class="number">${t("creator.spentUsd")}</th>
              <th scope="col" class="number">${t("creator.revenue")}</th></tr></thead>
            <tbody>${campaigns.map((one) => this.campaign(one))}</tbody></table></div>`
        : nothing}`;
  }

  private campaign(one: CampaignFigures): TemplateResult {
    return html`<tr><td><span dir="auto">${one.name}</span> <span class="tag" dir="auto">${one.status}</span><br /><small>${platform(one.platform)}</small></td>
      <td class="number">${count(one.sent, locale())}</td><td class="number">${share(one.openRate)}</td><td class="number">${share(one.clickRate)}</td>
      <td class="number">${share(one.conversionRate)}</td><td class="number">${usd(one.spentUsd, locale(), 2)}</td><td class="number">${usd(one.revenueUsd, locale(), 2)}</td></tr>`;
  }
}

define("causerie-connected", Connected);
