// What every model costs: what holds now and where it comes from. What nobody has priced comes first,
// as it cannot be used.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import type { ModelPrices, PriceList } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import "../ui/field.js";
import { icon } from "../ui/icon.js";
import { Loader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";
import "../ui/segmented.js";
import "./model-price.js";
import { utcDate } from "./moments.js";
import "./packs.js";
import { figures, inOrder } from "./price-words.js";

const SHOWN = ["used", "unpriced", "dated", "all"] as const;
type Shown = (typeof SHOWN)[number];

const FITS: Record<Shown, (item: ModelPrices) => boolean> = {
  used: ({ configured }) => configured,
  unpriced: ({ unpriced }) => unpriced,
  dated: ({ dated }) => dated.length > 0,
  all: () => true,
};

export class Prices extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      search {
        display: flex;
        flex-wrap: wrap;
        align-items: end;
        gap: 12px;
        margin-block: 20px 16px;
      }
      causerie-field {
        flex: 0 1 280px;
      }
      causerie-segmented {
        margin-block-end: 4px;
      }
      .model {
        border-block-end: 1px solid var(--line);
      }
      .model:first-child {
        border-block-start: 1px solid var(--line);
      }
      .head {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1.2fr) 20px;
        gap: 4px 16px;
        align-items: center;
        inline-size: 100%;
        min-block-size: 52px;
        padding: 8px 0;
        border: 0;
        background: none;
        text-align: start;
      }
      .head:hover {
        background: color-mix(in oklab, var(--text) 4%, transparent);
      }
      .head svg {
        color: var(--muted);
      }
      .head[aria-expanded="true"] svg {
        transform: rotate(180deg);
      }
      .name {
        font-weight: 500;
        overflow-wrap: anywhere;
      }
      .figures {
        display: flex;
        flex-wrap: wrap;
        gap: 0 14px;
        font-size: 14px;
        font-variant-numeric: tabular-nums;
      }
      .figures i,
      .from {
        font-style: normal;
        color: var(--muted);
        font-size: 13px;
      }
      .none {
        padding-block: 24px;
      }
      @media (max-width: 720px) {
        causerie-field {
          flex: 1 1 100%;
        }
        .head {
          grid-template-columns: minmax(0, 1fr) 20px;
        }
        .head > .price {
          grid-row: 2;
        }
      }
    `,
  ];

  @state() private shown: Shown = "used";
  @state() private words = "";
  @state() private open: ReadonlySet<string> = new Set();
  private readonly list = new Loader<PriceList>(this, () => this.client.api.get<PriceList>("/api/admin/prices"));

  override render(): TemplateResult {
    return html`<h1>${t("page.prices")}</h1>
      <p class="muted lead">${t("prices.text")}</p>
      ${this.list.render(({ items }) => html`${this.body(items)}<section><causerie-packs></causerie-packs></section>`)}`;
  }

  private body(items: readonly ModelPrices[]): TemplateResult {
    const wanted = this.words.trim().toLowerCase();
    const fitting = inOrder(items).filter((item) => FITS[this.shown](item) && item.model.toLowerCase().includes(wanted));
    const unpriced = items.filter((item) => item.unpriced && item.configured).length;
    return html`
      ${unpriced ? html`<p class="tag warn">${t("prices.unpricedCount", { count: unpriced })}</p>` : nothing}
      <search>
        <causerie-field name="q" optional label=${t("prices.search")}
          @input=${(event: Event) => (this.words = (event.currentTarget as HTMLElementTagNameMap["causerie-field"]).value)}></causerie-field>
        <causerie-segmented label=${t("prices.show")} .value=${this.shown}
          .options=${SHOWN.map((id) => ({ id, label: `${t(`prices.show.${id}`)} ${items.filter(FITS[id]).length}` }))}
          @causerie-change=${(event: CustomEvent<Shown>) => (this.shown = event.detail)}></causerie-segmented>
      </search>
      ${fitting.length
        ? html`<ul>${fitting.map((item) => this.model(item))}</ul>`
        : html`<p class="muted none">${t(this.shown === "unpriced" && !wanted ? "prices.allPriced" : "prices.none")}</p>`}`;
  }

  private model(item: ModelPrices): TemplateResult {
    const open = this.open.has(item.model);
    const coming = item.dated.find(({ state }) => state === "future");
    return html`<li class="model">
      <button class="head" type="button" aria-expanded=${String(open)} @click=${() => this.toggle(item.model)}>
        <span class="name">${item.model}${item.unpriced ? html` <span class="tag bad">${t("prices.unpriced")}</span>` : nothing}${coming
          ? html` <span class="tag">${t("prices.coming", { at: utcDate(coming.effectiveFrom, locale()) })}</span>`
          : nothing}</span>
        <span class="price">
          ${item.prices
            ? html`<span class="figures">${figures(item.prices).map(({ name, text }) => html`<span><i>${name}</i> ${text}</span>`)}</span>
                <span class="from">${item.source ? t(`prices.source.${item.source}`) : nothing}</span>`
            : html`<span class="from">${item.images.length ? t("prices.byVariant") : t("prices.unpricedText")}</span>`}
        </span>
        ${icon("chevron", 16)}
      </button>
      ${open ? html`<causerie-model-price .item=${item} @causerie-changed=${() => void this.list.load()}></causerie-model-price>` : nothing}
    </li>`;
  }

  private toggle(model: string): void {
    const open = new Set(this.open);
    if (!open.delete(model)) open.add(model);
    this.open = open;
  }
}

define("causerie-prices", Prices);
