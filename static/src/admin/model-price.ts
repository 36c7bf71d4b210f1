// One model's price: what holds and why, what held and what will, and the ways to change it.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { count, price } from "../core/money.js";
import { said } from "../core/said.js";
import type { DatedView, ModelPrices, PriceView } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { sections } from "../ui/page.js";
import { tables } from "../ui/table.js";
import { utcDate } from "./moments.js";
import "./price-editor.js";
import { inLine } from "./price-words.js";

type Panel = "set" | "reprice";

export class ModelPrice extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    tables,
    css`
      :host {
        padding-block: 4px 20px;
      }
      h3 {
        margin-block: 16px 4px;
        font-size: 13px;
        font-weight: 600;
      }
      .facts {
        display: grid;
        grid-template-columns: fit-content(40%) minmax(0, 1fr);
        gap: 6px 24px;
        font-size: 14px;
        font-variant-numeric: tabular-nums;
      }
      dt {
        color: var(--muted);
      }
      dd {
        overflow-wrap: anywhere;
      }
      .holds {
        font-weight: 600;
      }
      .deeds {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-block-start: 16px;
      }
      td.wide {
        white-space: normal;
        min-inline-size: 220px;
      }
    `,
  ];

  @property({ attribute: false }) item!: ModelPrices;
  @state() private panel: Panel | undefined;
  @state() private taken: DatedView | undefined;
  @state() private busy = false;
  @query("causerie-dialog") private dialog!: Dialog;

  override render(): TemplateResult {
    const { item } = this;
    return html`<dl class="facts">
        ${this.source(t("prices.source.dated"), item.dated.find(({ state }) => state === "current")?.prices ?? null, item.source === "dated")}
        ${this.source(t("prices.source.own"), item.own, item.source === "own")}
        ${this.source(t("prices.source.list"), item.listed, item.source === "list")}
        ${item.tiers.map(({ aboveInputTokens, prices }) =>
          html`<dt>${t("prices.above", { tokens: count(aboveInputTokens, locale()) })}</dt><dd>${inLine(prices)}</dd>`)}
      </dl>
      ${item.dated.length ? this.rows() : nothing}
      ${item.images.length ? this.images() : nothing}
      <div class="deeds">
        <button class="button small" type="button" id="set" aria-expanded=${String(this.panel === "set")} @click=${() => this.open("set")}>${t("prices.set")}</button>
        <button class="button small" type="button" id="reprice" aria-expanded=${String(this.panel === "reprice")} @click=${() => this.open("reprice")}>${t("prices.putRight")}</button>
      </div>
      ${this.panel === "set"
        ? html`<causerie-price-editor .model=${item.model} .prices=${item.prices} @causerie-closed=${this.close} @causerie-saved=${this.saved}></causerie-price-editor>`
        : this.panel === "reprice"
          ? html`<causerie-reprice .model=${item.model} .prices=${item.prices} @causerie-closed=${this.close} @causerie-saved=${this.saved}></causerie-reprice>`
          : nothing}
      <causerie-dialog heading=${t("prices.deleteTitle")}>
        <p>${this.taken ? t("prices.deleteText", { at: utcDate(this.taken.effectiveFrom, locale()), model: item.model }) : nothing}</p>
        <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button danger" type="button" ?disabled=${this.busy} @click=${this.withdraw}>${t("prices.delete")}</button>
      </causerie-dialog>`;
  }

  private source(name: string, prices: PriceView | null, holds: boolean): TemplateResult | typeof nothing {
    if (!prices) return nothing;
    return html`<dt>${name}</dt><dd class=${holds ? "holds" : ""}>${inLine(prices)}${holds
      ? html` <span class="tag good">${t("prices.holds")}</span>`
      : nothing}</dd>`;
  }

  private rows(): TemplateResult {
    return html`<h3>${t("prices.dated")}</h3>
      <div class="scroll" tabindex="0" role="region" aria-label=${t("prices.dated")}><table>
        <thead><tr><th scope="col">${t("prices.fromUtc")}</th><th scope="col">${t("prices.price")}</th><th scope="col">${t("prices.state")}</th>
          <th scope="col"><span class="unseen">${t("prices.delete")}</span></th></tr></thead>
        <tbody>${this.item.dated.toReversed().map((row) => html`<tr>
          <th scope="row">${utcDate(row.effectiveFrom, locale())}</th>
          <td class="wide">${inLine(row.prices)}</td>
          <td>${t(`prices.state.${row.state}`)}</td>
          <td>${row.state === "future"
            ? html`<button class="button small" type="button" @click=${() => this.ask(row)}>${t("prices.delete")}</button>`
            : nothing}</td>
        </tr>`)}</tbody>
      </table></div>`;
  }

  private images(): TemplateResult {
    return html`<h3>${t("prices.images")}</h3>
      <div class="scroll" tabindex="0" role="region" aria-label=${t("prices.images")}><table>
        <thead><tr><th scope="col">${t("prices.variant")}</th><th scope="col" class="number">${t("prices.image")}</th><th scope="col">${t("prices.published")}</th></tr></thead>
        <tbody>${this.item.images.map(({ variant, image, source }) => html`<tr><th scope="row">${variant}</th>
          <td class="number">${price(image, locale())}</td>
          <td><a href=${source} target="_blank" rel="noopener noreferrer">${host(source)}</a></td></tr>`)}</tbody>
      </table></div>`;
  }

  /** The past is put right on few visits: that panel is fetched when it is wanted. */
  private async open(panel: Panel): Promise<void> {
    if (this.panel === panel) return this.close();
    if (panel === "reprice") await import("./reprice.js");
    this.panel = panel;
  }

  private close(): void {
    const was = this.panel;
    this.panel = undefined;
    if (was) this.renderRoot.querySelector<HTMLElement>(`#${was}`)?.focus();
  }

  private saved(): void {
    this.close();
    this.tell("changed");
  }

  private async ask(row: DatedView): Promise<void> {
    this.taken = row;
    await this.dialog.show();
  }

  private async withdraw(): Promise<void> {
    const { taken } = this;
    if (!taken) return;
    this.busy = true;
    try {
      const query = new URLSearchParams({ model: this.item.model, effectiveFrom: taken.effectiveFrom });
      await this.client.api.delete(`/api/admin/prices?${query}`);
      this.tell("toast", { text: t("prices.deleted") });
      this.tell("changed");
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    } finally {
      this.busy = false;
      this.dialog.close();
    }
  }
}

function host(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}


define("causerie-model-price", ModelPrice);
