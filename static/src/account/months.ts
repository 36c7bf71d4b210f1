// What was charged in each month, and what its invoice says.
import { css, html, nothing, type TemplateResult } from "lit";

import { locale, t } from "../core/i18n.js";
import { count, credits, isZero, usd } from "../core/money.js";
import type { OwnMonth, OwnMonthPage } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { ListLoader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { tables } from "../ui/table.js";
import { after } from "./buckets.js";
import { keepFresh } from "./fresh.js";
import { stepName } from "./step-names.js";

export class UsageMonths extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    tables,
    css`
      .scroll {
        margin-block-start: 16px;
      }
      td small {
        display: block;
      }
    `,
  ];

  private readonly list = new ListLoader<OwnMonth>(this, (cursor) =>
    this.client.api.get<OwnMonthPage>(`/api/ai/usage/months?limit=12${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`));

  constructor() {
    super();
    keepFresh(this, () => this.list.renew(({ month }) => month));
  }

  override render(): TemplateResult {
    return html`<section>
      <h2>${t("usage.months")}</h2>
      <p class="muted">${t("usage.monthsText")}</p>
      ${this.list.render(({ items }) => items.length
        ? html`${this.table(items)}${this.list.rest()}`
        : html`<p class="muted rows">${t("usage.noMonths")}</p>`)}
    </section>`;
  }

  private table(items: readonly OwnMonth[]): TemplateResult {
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("usage.months")}><table>
      <thead><tr>
        <th scope="col">${t("usage.month")}</th>
        <th scope="col" class="number">${t("usage.callsOf")}</th>
        <th scope="col" class="number">${t("usage.charged")}</th>
        <th scope="col">${t("usage.state")}</th>
      </tr></thead>
      <tbody>${items.map((one) => html`<tr>
        <th scope="row"><button class="pick" type="button" @click=${() => this.look(one.month)}><span>${stepName(one.month, "long")}</span></button></th>
        <td class="number">${count(one.requestCount, locale())}</td>
        <td class="number">${usd(one.chargedUsd, locale(), 2)}<small>${t("usage.credits", { credits: credits(one.charged, locale()) })}</small></td>
        <td>${this.state(one)}</td>
      </tr>`)}</tbody>
    </table></div>`;
  }

  private state({ closedAt, invoice, difference }: OwnMonth): TemplateResult {
    if (closedAt === null || !invoice) return html`<span class="muted">${t("usage.monthOpen")}</span>`;
    const late = difference && !isZero(difference.chargedUsd) ? difference.chargedUsd : undefined;
    return html`${usd(invoice.chargedUsd, locale(), 2)}${late
      ? html`<small>${t("usage.monthLate", { usd: usd(late, locale()) })}</small>`
      : nothing}`;
  }

  /** Its days in the chart. */
  private look(month: string): void {
    const first = `${month}-01`;
    const next = after(first, 31).slice(0, 7);
    this.tell("view", { range: { from: first, to: after(`${next}-01`, -1) }, day: undefined, hour: undefined });
  }
}

define("causerie-usage-months", UsageMonths);
