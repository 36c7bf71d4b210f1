// What one has, has spent, and may spend. In pages of our own (`home`) what is looked at stands in the
// address; elsewhere it begins with the attribute `range`.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import usage from "../../locales/en.usage.json";
import type { ModelsState } from "../core/client.js";
import { extend, t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { AgentList } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { pages, sections } from "../ui/page.js";
import "../ui/segmented.js";
import "../ui/time-range.js";
import { BYS, callsOf, daysOf, isWindow, ordered, queryOf, readView, spanOf, WINDOWS, writeView, type By, type View } from "./buckets.js";
import { nameOf } from "./call-names.js";
import { stepName } from "./step-names.js";
import "./ledger.js";
import "./limits.js";
import "./months.js";
import "./plans.js";
import "./quota.js";
import "./usage-calls.js";
import "./usage-chart.js";

extend(usage);

export class UsageElement extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      :host {
        max-inline-size: 960px;
      }
      :host(:not([home])) {
        padding: 0;
      }
      causerie-quota {
        max-inline-size: 480px;
        margin-block-start: 20px;
      }
      .controls {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 16px;
        margin-block: 12px;
      }
      .chip {
        display: inline-flex;
        align-items: center;
        gap: 2px;
        padding-inline-start: 10px;
        border-radius: var(--radius-small);
        background: var(--sunken);
        font-size: 13px;
      }
      .files {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-inline-start: auto;
      }
      .calls {
        margin-block-start: 32px;
      }
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 16px;
        margin-block-end: 8px;
      }
      h3 {
        font-size: 15px;
        font-weight: 600;
      }
      .part {
        display: block;
        margin-block-start: 40px;
      }
      @media (max-width: 720px) {
        .files {
          margin-inline-start: 0;
        }
      }
    `,
  ];

  @property({ type: Boolean, reflect: true }) home = false;
  /** `7d`, `30d` or `month`: where nothing else is said. */
  @property() range = "30d";
  @state() private view: View = { range: "30d", by: "model", filters: {} };
  @state() private order: "newest" | "dearest" = "newest";
  private readonly models = new StoreController(this, (value: ModelsState) => value);
  private readonly agents = new StoreController(this, (value: AgentList | undefined) => value);

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.home) addEventListener("popstate", this.readAddress);
    // What one has called one's own. Without an answer they are told apart by their ids.
    this.client.agents.read().catch(() => undefined);
  }

  override disconnectedCallback(): void {
    removeEventListener("popstate", this.readAddress);
    super.disconnectedCallback();
  }

  override willUpdate(changed: PropertyValues): void {
    if (this.home && !this.hasUpdated) this.view = readView(location.search, Date.now());
    else if (!this.home && changed.has("range") && isWindow(this.range)) this.view = { ...this.view, range: this.range };
  }

  private readonly readAddress = (): void => {
    if (location.pathname === "/usage") this.view = readView(location.search, Date.now());
  };

  /** A day and an hour are steps on a way that leads back; the rest is put right where one stands. */
  private look(part: Partial<View>): void {
    const deeper = part.hour !== undefined || (part.day !== undefined && this.view.day === undefined);
    this.view = { ...this.view, ...part };
    if (!this.home) return;
    const address = location.pathname + writeView(this.view);
    if (address !== location.pathname + location.search) history[deeper ? "pushState" : "replaceState"](null, "", address);
  }

  override render(): TemplateResult {
    this.models.follow(this.client.models);
    this.agents.follow(this.client.agents.state);
    return html`
      ${this.home ? html`<h1>${t("page.usage")}</h1>` : nothing}
      <causerie-quota></causerie-quota>
      <section @causerie-view=${(event: CustomEvent<Partial<View>>) => this.look(event.detail)}>
        <h2>${t("usage.title")}</h2>
        ${this.controls()}
        <causerie-usage-chart .view=${this.view}></causerie-usage-chart>
        ${this.calls()}
      </section>
      <causerie-usage-months class="part" @causerie-view=${this.lookBack}></causerie-usage-months>
      <causerie-ledger class="part"></causerie-ledger>
      <causerie-limits class="part"></causerie-limits>
      <causerie-plans class="part"></causerie-plans>
    `;
  }

  private controls(): TemplateResult {
    const { range, by, filters } = this.view;
    const now = Date.now();
    return html`<div class="controls">
      <causerie-time-range .windows=${WINDOWS.map((id) => ({ id, label: t(`usage.range.${id}`) }))} .value=${range}
        .days=${{ ...daysOf(range, now), ...(range === "month" ? { to: daysOf("7d", now).to } : {}) }}
        .words=${{ label: t("usage.range"), from: t("usage.from"), to: t("usage.to"), dates: t("usage.range.dates") }}
        @causerie-range=${this.ranged}></causerie-time-range>
      <causerie-segmented label=${t("usage.splitBy")} .value=${by} .options=${BYS.map((id) => ({ id, label: t(`usage.by.${id}`) }))}
        @causerie-change=${(event: CustomEvent<By>) => this.look({ by: event.detail })}></causerie-segmented>
      ${BYS.map((name) => (filters[name] === undefined ? nothing : this.chip(name, filters[name])))}
    </div>`;
  }

  private chip(by: By, value: string): TemplateResult {
    const name = nameOf(by, value, this.client.models.value.items);
    return html`<span class="chip">${name}
      <button class="quiet" type="button" aria-label=${t("usage.unfilter", { name })} @click=${() => {
        const { [by]: _gone, ...filters } = this.view.filters;
        this.look({ filters });
      }}>${icon("close", 14)}</button></span>`;
  }

  private calls(): TemplateResult {
    const { view } = this;
    const now = Date.now();
    const query = queryOf(callsOf(view, now), view.filters).toString();
    const sums = queryOf(spanOf(view, now), view.filters);
    sums.set("groupBy", `${spanOf(view, now).step},${view.by}`);
    const hour = view.day !== undefined && view.hour !== undefined ? spanOf(view, now).keys[view.hour] : undefined;
    return html`<div class="calls">
      <div class="top">
        <h3>${hour === undefined ? t("usage.callsTitle") : t("usage.callsAt", { time: stepName(hour, "long") })}</h3>
        ${hour === undefined ? nothing : html`<button class="button small" type="button" @click=${() => this.look({ hour: undefined })}>${t("usage.wholeDay")}</button>`}
        <causerie-segmented label=${t("usage.order")} .value=${this.order}
          .options=${(["newest", "dearest"] as const).map((id) => ({ id, label: t(`usage.${id}`) }))}
          @causerie-change=${(event: CustomEvent<"newest" | "dearest">) => (this.order = event.detail)}></causerie-segmented>
        <div class="files">
              <a class="button small" download href=${`/api/ai/usage.csv?${sums}`}>${icon("download", 16)}${t("usage.csvSums")}</a>
              <a class="button small" download href=${`/api/ai/usage/calls.csv?${query}`}>${icon("download", 16)}${t("usage.csvCalls")}</a>
            </div>
      </div>
      <causerie-usage-calls .query=${query} .order=${this.order}></causerie-usage-calls>
    </div>`;
  }

  private ranged(event: CustomEvent<string | { from: string; to: string }>): void {
    const { detail } = event;
    const range = typeof detail === "string" ? detail : ordered(detail.from, detail.to, Date.now());
    if (isWindow(range) || typeof range === "object") this.look({ range, day: undefined, hour: undefined });
    else this.requestUpdate();
  }

  /** Chosen below the chart: it is to be seen. */
  private lookBack(event: CustomEvent<Partial<View>>): void {
    this.look(event.detail);
    this.renderRoot.querySelector("section")?.scrollIntoView({ block: "start" });
  }
}

define("causerie-usage", UsageElement);
