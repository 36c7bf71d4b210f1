// What this month was charged so far, by day; more of it on the page of usage.
import { css, html, nothing, type TemplateResult } from "lit";

import type { ModelsState } from "../core/client.js";
import { locale, t } from "../core/i18n.js";
import { isZero, usd } from "../core/money.js";
import { StoreController } from "../core/store.js";
import type { UsageView } from "../core/wire.gen.js";
import "../ui/bars.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { Palette, REST, swatches } from "../ui/palette.js";
import "../ui/skeleton.js";
import { OTHER, queryOf, spanOf, stack, type Span, type Stack } from "./buckets.js";
import { nameOf } from "./call-names.js";
import { keepFresh } from "./fresh.js";
import { stepName } from "./step-names.js";

/** So many names stand beside the chart. */
const NAMED = 3;

export class Spent extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    swatches,
    css`
      :host {
        min-block-size: 242px;
      }
      .sum {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 10px;
        min-block-size: 32px;
        font-variant-numeric: tabular-nums;
      }
      .sum strong {
        font-size: 22px;
      }
      .ends {
        display: flex;
        justify-content: space-between;
        color: var(--muted);
        font-size: 12px;
      }
      .ends ~ p {
        margin-block-start: 4px;
        font-size: 14px;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 16px;
        margin-block-start: 6px;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
      li {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
    `,
  ];

  private readonly models = new StoreController(this, (value: ModelsState) => value);
  private readonly palette = new Palette();
  private readonly found = new Loader<{ span: Span; figures: Stack }>(this, async () => {
    const span = spanOf({ range: "month" }, Date.now());
    const query = queryOf(span, {});
    query.set("groupBy", "day,model");
    const { items } = await this.client.api.get<UsageView>(`/api/ai/usage?${query}`);
    return { span, figures: stack(items, span, "model") };
  });

  constructor() {
    super();
    keepFresh(this, () => this.found.load());
  }

  override render(): TemplateResult {
    this.models.follow(this.client.models);
    return html`<h2>${t("dashboard.month")}</h2>
      ${this.found.value || this.found.failed
        ? this.found.render(({ span, figures }) => this.body(span, figures))
        : html`<causerie-skeleton lines="4"></causerie-skeleton>`}`;
  }

  private body(span: Span, { stripes, sum, calls, others }: Stack): TemplateResult {
    const { items } = this.client.models.value;
    const shown = new Set(stripes.map(({ name }) => name));
    const drawn = stripes.map(({ name, amounts }) => ({
      amounts,
      colour: name === OTHER ? REST : this.palette.colour(name, shown),
    }));
    const spent = usd(sum, locale());
    const last = span.keys.at(-1) ?? "";
    return html`
      <p class="sum"><strong>${spent}</strong><span class="muted">${t("usage.calls", { count: calls })}</span></p>
      <causerie-bars plain label=${t("dashboard.monthLabel", { usd: spent })} .stripes=${drawn}
        .steps=${span.keys.map((key) => ({ tick: "", words: stepName(key, "long") }))}></causerie-bars>
      <p class="ends" aria-hidden="true"><span>${stepName(span.keys[0] ?? last, "short")}</span><span>${stepName(last, "short")} UTC</span></p>
      ${calls
        ? html`<ul>${stripes.slice(0, NAMED).map(({ name, sum: part }, at) => isZero(part) ? nothing : html`<li>
            <i class="swatch s${drawn[at]?.colour ?? REST}"></i>${nameOf("model", name, items, others)} ${usd(part, locale())}</li>`)}</ul>`
        : html`<p class="muted">${t("dashboard.monthEmpty")}</p>`}
      ${calls ? html`<p><a href="/usage?range=month">${t("dashboard.monthMore")}</a></p>` : nothing}
    `;
  }
}

define("causerie-spent", Spent);
