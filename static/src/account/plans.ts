// What each plan gives, which credits are sold, and what the workspaces one belongs to allow.
import { css, html, nothing, type TemplateResult } from "lit";

import { locale, t } from "../core/i18n.js";
import { count, credits, usd } from "../core/money.js";
import { planName } from "../core/plans.js";
import type { Offers, PlanList, PlanView, WorkspacePage, WorkspaceView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { tables } from "../ui/table.js";

export class Plans extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    tables,
    css`
      section + section {
        margin-block-start: 40px;
      }
      .scroll {
        margin-block: 16px;
      }
      tr.own :is(th, td) {
        background: var(--accent-soft);
      }
      tr.own th {
        font-weight: 600;
      }
      tbody th:first-child {
        padding-inline-start: 10px;
      }
      thead th:first-child {
        padding-inline-start: 10px;
      }
      thead th {
        white-space: normal;
      }
      :is(td, thead th):last-child {
        padding-inline-end: 10px;
      }
      .price {
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  private readonly plans = new Loader<PlanList>(this, () => this.client.api.get<PlanList>("/api/plans"));
  private readonly packs = new Loader<Offers>(this, () => this.client.api.get<Offers>("/api/credits/packs"));
  private readonly workspaces = new Loader<WorkspacePage>(this, () => this.client.api.get<WorkspacePage>("/api/workspaces?limit=100"));

  override render(): TemplateResult {
    return html`
      <section>
        <h2>${t("plans.title")}</h2>
        <p class="muted">${t("plans.text")}</p>
        ${this.plans.render(({ items }) => this.table(items))}
        ${this.packs.render(({ items }) => items.length ? this.offers(items) : html`<p class="muted">${t("plans.noPacks")}</p>`)}
      </section>
      ${this.workspaces.render(({ items }) => this.shared(items.filter(({ personal }) => !personal)))}
    `;
  }

  private table(items: readonly PlanView[]): TemplateResult {
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("plans.title")}><table>
      <thead><tr>
        <th scope="col">${t("plans.plan")}</th>
        <th scope="col" class="number">${t("plans.month")}</th>
        <th scope="col" class="number">${t("plans.hour")}</th>
        <th scope="col" class="number">${t("plans.atOnce")}</th>
      </tr></thead>
      <tbody>${items.map((plan) => html`<tr class=${plan.current ? "own" : ""}>
        <th scope="row">${planName(plan.name)}${plan.current ? html` <span class="tag good">${t("plans.yours")}</span>` : nothing}</th>
        <td class="number">${plan.monthlyUsd === null ? t("plans.noLimit") : usd(plan.monthlyUsd, locale())}</td>
        <td class="number">${count(plan.requestsPerHour, locale())}</td>
        <td class="number">${count(plan.runningTurns, locale())}</td>
      </tr>`)}</tbody>
    </table></div>`;
  }

  private offers(items: Offers["items"]): TemplateResult {
    return html`<h3>${t("plans.packs")}</h3>
      <p class="muted">${t("plans.packsText")}</p>
      <ul class="rows">${items.map((pack) => html`<li class="row">
        <span class="what" dir="auto">${pack.name}</span>
        <span class="figure">${t("usage.credits", { credits: credits(pack.credits, locale()) })}</span>
        <span class="price">${usd(pack.priceUsd, locale())}</span>
      </li>`)}</ul>`;
  }

  private shared(items: readonly WorkspaceView[]): TemplateResult {
    if (!items.length) return html``;
    return html`<section>
      <h2>${t("plans.workspaces")}</h2>
      <p class="muted">${t("plans.workspacesText")}</p>
      <ul class="rows">${items.map((one) => html`<li class="row">
        <div class="what"><span dir="auto">${one.name}</span>
          <small>${one.requestsPerHour === null ? t("plans.wholeHour") : t("plans.sharedHour", { count: one.requestsPerHour })}
            ${t(one.pays ? "plans.itPays" : "plans.youPay")}</small></div>
        <div class="deeds"><a class="button small" href=${`/workspaces/${one.id}`} aria-label=${`${t("plans.open")}: ${one.name}`}>${t("plans.open")}</a></div>
      </li>`)}</ul>
    </section>`;
  }
}

define("causerie-plans", Plans);
