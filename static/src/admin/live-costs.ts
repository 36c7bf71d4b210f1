// What the whole installation spends, as it is spent.
import { html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { inSentence, locale, t } from "../core/i18n.js";
import type { FeedAlert, FeedParts, FeedRow, FeedSpan } from "../core/resources.js";
import type { Connection } from "../core/socket.js";
import { StoreController } from "../core/store.js";
import { utcClock } from "../core/time.js";
import type { RulesView, UserInfo } from "../core/wire.gen.js";
import { Chart, type Band, type Mark } from "../ui/chart.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { Palette } from "../ui/palette.js";
import "../ui/segmented.js";
import { tables } from "../ui/table.js";
import "./alerts.js";
import { called, withNames } from "./called.js";
import { CURVE_MS, exportPath, FIGURES_MS, filterOf, GROUPS, Monitor, RANGES, readView, span, writeView, type View } from "./monitor.js";
import { legend, rateText, readAt, tableOf } from "./curve.js";
import { dearest, ranking, shownOf } from "./lists.js";
import { People } from "./people.js";
import { lists } from "./list-styles.js";
import { Order } from "./ranking.js";
import { shortened, spanFields } from "./span-fields.js";
import { styles } from "./styles.js";
import { tiles } from "./tiles.js";

/** The choice beside the rolling windows: one that stands. */
const DATES = "dates";

export class LiveCosts extends ClientElement {
  static override styles = [base, buttons, tables, lists, styles];

  @state() private parts: FeedParts | undefined;
  @state() private stale = false;
  @state() private asTable = false;
  @state() private cursor: number | undefined;
  @state() private view: View = readView(location.search);
  @state() private allowed: string | undefined;
  @state() private filtering = false;
  @state() private receipt: string | undefined;
  @query("causerie-chart") private chart: Chart | undefined;
  private drawn: Chart | undefined;
  /** Another site says by attributes what our own page has in its address; `filters` as there: `model=a&model=b`. */
  @property() range = "";
  @property() group = "";
  @property() filters = "";
  private watching: Monitor | undefined;

  /** Made when the client is there: it says where the server is. */
  private get monitor(): Monitor {
    return (this.watching ??= new Monitor(this.view, (options) => this.client.connect(options)));
  }

  private readonly link = new StoreController(this, (value: Connection) => value);
  private readonly user = new StoreController(this, (value: UserInfo | null | undefined) => value);
  /** Creators of the dearest requests and of filters, whom no row of the ranking names. */
  private readonly people = new People(this, () => this.client.api);
  private readonly order = new Order();
  private readonly palette = new Palette();
  private rows: FeedRow[] = [];
  private bands: Band[] = [];
  private timers: ReturnType<typeof setInterval>[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.client.embedded) this.view = readView(`range=${this.range}&group=${this.group}&${this.filters}`);
    if (this.client.user.value?.role !== "admin") return;
    this.monitor.start();
    void this.readAllowed();
    this.timers = [
      setInterval(() => this.figures(), FIGURES_MS),
      setInterval(() => this.curve(), CURVE_MS),
    ];
    addEventListener("popstate", this.readAddress);
  }

  override disconnectedCallback(): void {
    this.timers.forEach(clearInterval);
    removeEventListener("popstate", this.readAddress);
    this.monitor.stop();
    super.disconnectedCallback();
  }

  /** What a day may cost before an alert opens: the figure of today is held against it. */
  private async readAllowed(): Promise<void> {
    const rules = await this.client.api.get<RulesView>("/api/admin/alerts/rules").catch(() => undefined);
    this.allowed = rules?.figures.dailyCostUsd ?? undefined;
  }

  private readonly readAddress = (): void => {
    if (this.client.embedded) return;
    this.view = readView(location.search);
    this.monitor.look(this.view);
  };

  private change(part: Partial<View>): void {
    this.view = { ...this.view, ...part };
    if (!this.client.embedded) history.replaceState(null, "", location.pathname + writeView(this.view));
    this.cursor = undefined;
    this.monitor.look(this.view);
  }

  private figures(): void {
    const { feed } = this.monitor;
    if (document.hidden || this.monitor.paused) return;
    this.stale = feed.stale;
    if (!feed.parts) return;
    this.parts = withNames(feed.parts, this.view.group);
    this.rows = this.order.settle(this.parts.groups, Date.now());
    void this.people.learn([...shownOf(feed.parts.dearest).map(({ creatorId }) => creatorId), ...(this.view.filters.creatorId ?? [])]);
  }

  private curve(): void {
    const { chart } = this;
    // One that has just come is empty, whatever there is to tell.
    if (document.hidden || (!this.monitor.takeDirty() && chart === this.drawn) || !this.monitor.feed.parts) return;
    this.drawn = chart;
    const { rings } = this.monitor.feed;
    const shown = new Set(rings.keys);
    // The dearest lies at the bottom, everything else on top.
    const keys = rings.keys.toSorted((a, b) => Number(a === "other") - Number(b === "other") || rings.sum(b) - rings.sum(a));
    const before = this.bands.map(({ key }) => key);
    const stable = before.length === keys.length && keys.every((key) => before.includes(key)) ? before : keys;
    this.bands = stable.map((key) => ({
      key,
      colour: key === "other" ? 9 : this.palette.colour(key, shown),
    }));
    const rows = this.bands.map(({ key }) => rings.row(key) ?? new Float64Array(rings.buckets));
    // Drawn from the top of the stack down: the last band stands on the zero line.
    chart?.draw(rings.times(), this.bands.toReversed(), rows.toReversed(), rings.step);
    if (stable !== before) this.requestUpdate();
  }

  override render(): TemplateResult {
    const user = this.user.follow(this.client.user);
    const link = this.link.follow(this.monitor.socket.connection);
    if (user?.role !== "admin" || (link?.phase === "stopped" && link.code === 4403)) {
      return html`<h1>${t("costs.title")}</h1><p class="muted">${t("costs.forbidden")}</p>`;
    }
    return html`
      <div class="head">
        <h1>${t("costs.title")}</h1>
        ${this.health(link)}
        <span class="actions">
          <a class="button small" download href=${exportPath(this.view, Date.now())}>${t("costs.export")}</a>
          <button class="button small pause" type="button" aria-pressed=${String(this.monitor.paused)} @click=${this.pause}>
            ${this.monitor.paused ? t("costs.resume") : t("costs.pause")}
          </button>
        </span>
      </div>
      ${this.controls()}
      ${this.parts ? this.body(this.parts) : html`<p class="muted wait" role="status">${t("costs.connecting")}</p>`}
    `;
  }

  private health(link: Connection | undefined): TemplateResult {
    const [kind, words] = this.monitor.paused
      ? ["", t("costs.paused")]
      : link?.phase === "open"
        ? this.stale ? ["warn", t("costs.stale")] : ["ok", this.lag()]
        : link?.phase === "waiting" ? ["warn", t("costs.lost")]
        : link?.phase === "connecting" ? ["", t("costs.connecting")]
        : ["bad", t("link.stopped")];
    return html`<span class="health ${kind}" role="status"><i></i>${words}</span>`;
  }

  private lag(): string {
    const { behind } = this.monitor;
    if (behind === undefined) return t("costs.live");
    return t("costs.liveBehind", { seconds: new Intl.NumberFormat(locale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(behind) });
  }

  private controls(): TemplateResult {
    const chips = Object.keys(this.view.filters) as (keyof View["filters"])[];
    return html`<div class="controls">
      <causerie-segmented label=${t("costs.range")} .value=${typeof this.view.range === "string" ? this.view.range : DATES}
        .options=${[...RANGES, DATES].map((id) => ({ id, label: t(`costs.range.${id as typeof DATES}`) }))}
        @causerie-change=${(event: CustomEvent<string>) => this.look(event.detail)}></causerie-segmented>
      ${typeof this.view.range === "string" ? nothing : spanFields(this.view.range, (range) => this.change({ range }), () => this.requestUpdate())}
      <span class="muted utc">${t("costs.utc")}</span>
      <causerie-segmented label=${t("costs.group")} .value=${this.view.group}
        .options=${GROUPS.map((id) => ({ id, label: t(`costs.group.${id}`) }))}
        @causerie-change=${(event: CustomEvent<View["group"]>) => this.change({ group: event.detail })}></causerie-segmented>
      ${chips.map((name) => {
        const values = (this.view.filters[name] ?? []).map((value) => called(name, value, this.nameOf(value))).join(", ");
        const dimension = t(`costs.group.${name === "creatorId" ? "creator" : name}`);
        return html`<span class="chip">${t("costs.chip", { dimension, values })}
          <button class="quiet" type="button" aria-label=${t("costs.unfilter", { name: values })}
            @click=${() => this.unfilter(name)}>${icon("close", 14)}</button></span>`;
      })}
      <button class="quiet add" type="button" aria-expanded=${String(this.filtering)} @click=${this.addFilter}>${icon("plus", 14)}${t("costs.addFilter")}</button>
      ${this.filtering
        ? html`<causerie-cost-filter .view=${this.view} @causerie-filter=${this.filtered} @causerie-closed=${() => (this.filtering = false)}></causerie-cost-filter>`
        : nothing}
    </div>`;
  }

  private look(id: string): void {
    const minute = Math.ceil(Date.now() / 60_000) * 60_000;
    this.change({ range: RANGES.find((one) => one === id) ?? span(minute - 3_600_000, minute) });
  }

  private body(parts: FeedParts): TemplateResult {
    const group = inSentence(t(`costs.group.${this.view.group}`));
    const { rings } = this.monitor.feed;
    const rolling = typeof this.view.range === "string";
    const range = rolling ? t(`costs.range.${this.view.range as "5m"}`) : t("costs.range.dates");
    const sums = rings.keys.map((key) => [key, rings.sum(key)] as const).toSorted((a, b) => b[1] - a[1]);
    const top = sums[0];
    const spent = top !== undefined && top[1] > 0;
    const label = spent
      ? t("costs.curveLabel", { group, range, top: this.nameOf(top[0]) })
      : t("costs.curveLabelEmpty", { group, range });
    return html`
      ${tiles(parts, Object.keys(this.view.filters).length ? undefined : this.allowed)}
      <div class="two">
        <section class="curve">
          <div class="title">
            <h2>${t("costs.curve", { group })}</h2>
            <button class="quiet" type="button" @click=${() => (this.asTable = !this.asTable)}>
              ${this.asTable ? t("costs.asChart") : t("costs.asTable")}
            </button>
          </div>
          ${legend(this.bands, rings, this.cursor, this.nameOf, (key) => this.filter(key))}
          ${this.asTable
            ? tableOf(this.bands, rings, this.nameOf)
            : html`<div class="plotbox">
                <causerie-chart .label=${label} .time=${axisTime} .amount=${rateText} .marks=${this.marks(parts)}
                  @causerie-band=${(event: CustomEvent<string>) => this.filter(event.detail)}
                  @causerie-read=${(event: CustomEvent<number>) => this.client.announcer.say(readAt(this.bands, rings, event.detail, this.nameOf), "polite")}
                  @causerie-cursor=${(event: CustomEvent<number | undefined>) => (this.cursor = event.detail)}></causerie-chart>
                ${spent ? nothing : html`<p class="none muted"><span>${t("costs.nothing")}</span></p>`}
              </div>`}
        </section>
        <div class="aside">
          <causerie-cost-alerts .alerts=${parts.alerts}
            @causerie-inspect=${(event: CustomEvent<FeedSpan>) => this.change({ range: event.detail })}
            @causerie-filter=${this.filtered}
            @causerie-alert=${this.noted}></causerie-cost-alerts>
          ${dearest(parts.dearest, this.nameOf, ({ callId }) => void this.openReceipt(callId))}
        </div>
        ${this.receipt ? html`<causerie-call-receipt .callId=${this.receipt} @causerie-closed=${() => (this.receipt = undefined)}></causerie-call-receipt>` : nothing}
        ${ranking(this.rows, parts.groupCount, this.bands, (row) => this.filter(row.key))}
      </div>
    `;
  }

  /** A key's name for people: creators are ids on the wire. */
  private readonly nameOf = (key: string): string => {
    if (key === "other") return t("costs.other", { count: Math.max(0, (this.parts?.groupCount ?? 0) - this.bands.length + 1) });
    return this.parts?.groups.find((row) => row.key === key)?.name ?? (this.people.knows(key) ? this.people.of(key) : shortened(key));
  };

  private marks({ alerts }: FeedParts): Mark[] {
    return alerts.map(({ since, severity }) => ({ since: Date.parse(since) / 1000, high: severity === "high" }));
  }

  private readonly noted = (event: CustomEvent<FeedAlert>): void => {
    this.monitor.note(event.detail);
    this.parts = withNames(this.monitor.feed.parts, this.view.group);
  };

  private filter(key: string, name = filterOf(this.view.group)): void {
    if (key === "other") return;
    const values = this.view.filters[name] ?? [];
    if (!values.includes(key)) this.change({ filters: { ...this.view.filters, [name]: [...values, key] } });
  }

  private unfilter(name: keyof View["filters"]): void {
    const { [name]: _values, ...filters } = this.view.filters;
    this.change({ filters });
  }

  /** Few add one by name: the choice is fetched when it is wanted. */
  private async addFilter(): Promise<void> {
    if (!this.filtering) await import("./cost-filter.js");
    this.filtering = !this.filtering;
  }

  private readonly filtered = ({ detail }: CustomEvent<{ name: keyof View["filters"]; value: string }>): void => {
    this.filtering = false;
    this.filter(detail.value, detail.name);
  };

  private async openReceipt(call: string): Promise<void> {
    await import("./call-receipt.js");
    this.receipt = call;
  }

  private pause(): void {
    this.monitor.setPaused(!this.monitor.paused);
    this.requestUpdate();
  }
}

const axisTime = (second: number, step: number): string => utcClock(second * 1000, locale()).slice(0, step < 60 ? undefined : 5);

define("causerie-live-costs", LiveCosts);
