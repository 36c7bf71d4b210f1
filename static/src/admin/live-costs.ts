// What the whole installation spends, as it is spent.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import type { FeedAlert, FeedParts, FeedRow, FeedSpan } from "../core/resources.js";
import type { Connection } from "../core/socket.js";
import { StoreController } from "../core/store.js";
import { utcClock } from "../core/time.js";
import type { UserInfo } from "../core/wire.gen.js";
import { Chart, type Band, type Mark } from "../ui/chart.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import "../ui/segmented.js";
import { tables } from "../ui/table.js";
import "./alerts.js";
import { CURVE_MS, exportPath, FIGURES_MS, filterOf, GROUPS, Monitor, RANGES, readView, span, writeView, type View } from "./monitor.js";
import { legend, rateText, tableOf } from "./curve.js";
import { dearest, ranking } from "./lists.js";
import { Order, Palette } from "./ranking.js";
import { styles } from "./styles.js";
import { tiles } from "./tiles.js";

/** The choice beside the rolling windows: one that stands. */
const DATES = "dates";

export class LiveCosts extends ClientElement {
  static override styles = [base, buttons, tables, styles];

  @state() private parts: FeedParts | undefined;
  @state() private stale = false;
  @state() private asTable = false;
  @state() private cursor: number | undefined;
  @state() private view: View = readView(location.search);
  @query("causerie-chart") private chart: Chart | undefined;
  private readonly monitor = new Monitor(this.view);
  private readonly link = new StoreController(this, (value: Connection) => value);
  private readonly user = new StoreController(this, (value: UserInfo | null | undefined) => value);
  private readonly order = new Order();
  private readonly palette = new Palette();
  private rows: FeedRow[] = [];
  private bands: Band[] = [];
  private timers: ReturnType<typeof setInterval>[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.client.user.value?.role !== "admin") return;
    this.monitor.start();
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

  private readonly readAddress = (): void => {
    this.view = readView(location.search);
    this.monitor.look(this.view);
  };

  private change(part: Partial<View>): void {
    this.view = { ...this.view, ...part };
    history.replaceState(null, "", location.pathname + writeView(this.view));
    this.cursor = undefined;
    this.monitor.look(this.view);
  }

  private figures(): void {
    const { feed } = this.monitor;
    if (document.hidden || this.monitor.paused) return;
    this.stale = feed.stale;
    if (!feed.parts) return;
    this.rows = this.order.settle(feed.parts.groups, Date.now());
    this.parts = feed.parts;
  }

  private curve(): void {
    if (document.hidden || !this.monitor.takeDirty() || !this.monitor.feed.parts) return;
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
    void this.chart?.draw(rings.times(), this.bands.toReversed(), rows.toReversed(), rings.step);
    if (stable !== before) this.requestUpdate();
  }

  override updated(changed: PropertyValues): void {
    if (changed.has("asTable") && !this.asTable) this.chart?.repaint();
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
        ? this.stale ? ["warn", t("costs.stale")] : ["ok", t("costs.live")]
        : link?.phase === "waiting" ? ["warn", t("costs.lost")]
        : link?.phase === "connecting" ? ["", t("costs.connecting")]
        : ["bad", t("link.stopped")];
    return html`<span class="health ${kind}" role="status"><i></i>${words}</span>`;
  }

  private controls(): TemplateResult {
    const chips = (Object.keys(this.view.filters) as (keyof View["filters"])[]).flatMap((name) =>
      (this.view.filters[name] ?? []).map((value) => ({ name, value })),
    );
    return html`<div class="controls">
      <causerie-segmented label=${t("costs.range")} .value=${typeof this.view.range === "string" ? this.view.range : DATES}
        .options=${[...RANGES, DATES].map((id) => ({ id, label: t(`costs.range.${id as typeof DATES}`) }))}
        @causerie-change=${(event: CustomEvent<string>) => this.look(event.detail)}></causerie-segmented>
      ${typeof this.view.range === "string" ? nothing : this.dates(this.view.range)}
      <span class="muted utc">${t("costs.utc")}</span>
      <causerie-segmented label=${t("costs.group")} .value=${this.view.group}
        .options=${GROUPS.map((id) => ({ id, label: t(`costs.group.${id}`) }))}
        @causerie-change=${(event: CustomEvent<View["group"]>) => this.change({ group: event.detail })}></causerie-segmented>
      ${chips.map(
        ({ name, value }) => html`<span class="chip">${this.nameOf(value)}
          <button class="quiet" type="button" aria-label=${t("costs.unfilter", { name: this.nameOf(value) })}
            @click=${() => this.unfilter(name, value)}>${icon("close", 14)}</button></span>`,
      )}
    </div>`;
  }

  /** The two ends of a window that stands, to the minute. */
  private dates({ from, to }: FeedSpan): TemplateResult {
    const field = (label: string, value: string, set: (moment: number) => FeedSpan): TemplateResult =>
      html`<input class="moment" type="datetime-local" aria-label=${label} .value=${value.slice(0, 16)}
        @change=${(event: Event) => {
          const range = set(Date.parse(`${(event.target as HTMLInputElement).value}Z`));
          if (range.from < range.to) this.change({ range });
          else this.requestUpdate();
        }}>`;
    const safe = (moment: number, other: string): number => (Number.isFinite(moment) ? moment : Date.parse(other));
    return html`<span class="dates">
      ${field(t("costs.from"), from, (moment) => span(safe(moment, from), Date.parse(to)))}<span class="dash">–</span>
      ${field(t("costs.to"), to, (moment) => span(Date.parse(from), safe(moment, to)))}
    </span>`;
  }

  private look(id: string): void {
    const minute = Math.ceil(Date.now() / 60_000) * 60_000;
    this.change({ range: RANGES.find((one) => one === id) ?? span(minute - 3_600_000, minute) });
  }

  private body(parts: FeedParts): TemplateResult {
    const group = t(`costs.group.${this.view.group}`).toLocaleLowerCase(locale());
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
      ${tiles(parts)}
      <div class="two">
        <section class="curve">
          <div class="title">
            <h2>${t("costs.curve", { group })}</h2>
            <button class="quiet" type="button" @click=${() => (this.asTable = !this.asTable)}>
              ${this.asTable ? t("costs.asChart") : t("costs.asTable")}
            </button>
          </div>
          ${legend(this.bands, rings, this.cursor, this.nameOf)}
          ${this.asTable
            ? tableOf(this.bands, rings, this.nameOf)
            : html`<div class="plotbox">
                <causerie-chart .label=${label} .time=${axisTime} .amount=${axisAmount} .marks=${this.marks(parts)}
                  @causerie-cursor=${(event: CustomEvent<number | undefined>) => (this.cursor = event.detail)}></causerie-chart>
                ${spent ? nothing : html`<p class="none muted">${t("costs.nothing")}</p>`}
              </div>`}
        </section>
        <div class="aside">
          <causerie-cost-alerts .alerts=${parts.alerts} .name=${this.nameOf}
            @causerie-inspect=${(event: CustomEvent<FeedSpan>) => this.change({ range: event.detail })}
            @causerie-alert=${this.noted}></causerie-cost-alerts>
          ${dearest(parts.dearest, this.nameOf)}
        </div>
        ${ranking(this.rows, parts.groupCount, this.bands, (row) => this.filter(row.key))}
      </div>
    `;
  }

  /** A key's name for people: creators are ids on the wire. */
  private readonly nameOf = (key: string): string => {
    if (key === "other") return t("costs.other", { count: Math.max(0, (this.parts?.groupCount ?? 0) - this.bands.length + 1) });
    return this.parts?.groups.find((row) => row.key === key)?.name ?? shortened(key);
  };

  private marks({ alerts }: FeedParts): Mark[] {
    return alerts.map(({ since, severity }) => ({ since: Date.parse(since) / 1000, high: severity === "high" }));
  }

  private readonly noted = (event: CustomEvent<FeedAlert>): void => {
    this.monitor.note(event.detail);
    this.parts = this.monitor.feed.parts;
  };

  private filter(key: string): void {
    const name = filterOf(this.view.group);
    const values = this.view.filters[name] ?? [];
    if (!values.includes(key)) this.change({ filters: { ...this.view.filters, [name]: [...values, key] } });
  }

  private unfilter(name: keyof View["filters"], value: string): void {
    const { [name]: values, ...rest } = this.view.filters;
    const left = values?.filter((one) => one !== value) ?? [];
    this.change({ filters: left.length ? { ...rest, [name]: left } : rest });
  }

  private pause(): void {
    this.monitor.setPaused(!this.monitor.paused);
    this.requestUpdate();
  }
}

/** An id is recognised by its end: the beginning is the time it was made at. */
function shortened(key: string): string {
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(key) ? `…${key.slice(-8)}` : key;
}

const axisTime = (second: number, step: number): string => {
  const text = utcClock(second * 1000, locale());
  return step < 60 ? text : text.slice(0, 5);
};

const axisAmount = (amount: number, step: number): string => rateText(amount, step);

define("causerie-live-costs", LiveCosts);
