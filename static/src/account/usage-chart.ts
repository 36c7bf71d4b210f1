// What was charged, by day and stacked by model, feature or agent; a day by its hours; the same as a
// table. What is looked at comes from above and goes up as the event `causerie-view`.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { count, isZero, usd } from "../core/money.js";
import { StoreController } from "../core/store.js";
import type { ModelsState } from "../core/client.js";
import type { AgentList, UsageView } from "../core/wire.gen.js";
import "../ui/bars.js";
import type { Step, Stripe as Drawn } from "../ui/bars.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { Palette, REST, swatches } from "../ui/palette.js";
import "../ui/skeleton.js";
import { tables } from "../ui/table.js";
import { after, OTHER, queryOf, spanOf, stack, type Span, type Stack, type View } from "./buckets.js";
import { nameOf } from "./call-names.js";
import { keepFresh } from "./fresh.js";
import { stepName } from "./step-names.js";

interface Found {
  view: View;
  span: Span;
  stack: Stack;
}

export class UsageChart extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    swatches,
    tables,
    css`
      :host {
        min-block-size: 372px;
      }
      .title {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
        min-block-size: 36px;
      }
      .title h3 {
        font-size: 15px;
        font-weight: 600;
      }
      .title .sum {
        font-variant-numeric: tabular-nums;
      }
      .title .twin {
        margin-inline-start: auto;
        font-size: 13px;
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        gap: 0 16px;
        min-block-size: 36px;
        margin-block: 4px 8px;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
      .legend > * {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        min-block-size: 32px;
      }
      .moment {
        min-inline-size: 7.5em;
        color: var(--muted);
      }
      .pick {
        min-block-size: 32px;
        gap: 6px;
        color: inherit;
        font-size: 13px;
      }
      .plot {
        position: relative;
      }
      .none {
        position: absolute;
        inset: 40% 0 auto 60px;
        text-align: center;
      }
      .busy causerie-bars {
        opacity: 0.6;
      }
      .scroll.tall {
        max-block-size: 320px;
      }
    `,
  ];

  @property({ attribute: false }) view!: View;
  @state() private asTable = false;
  @state() private cursor: number | undefined;
  private readonly models = new StoreController(this, (value: ModelsState) => value);
  private readonly agents = new StoreController(this, (value: AgentList | undefined) => value);
  private readonly palette = new Palette();
  private readonly found = new Loader<Found>(this, () => this.read());

  constructor() {
    super();
    keepFresh(this, () => this.found.load());
  }

  private async read(): Promise<Found> {
    const { view } = this;
    const span = spanOf(view, Date.now());
    const query = queryOf(span, view.filters);
    query.set("groupBy", `${span.step},${view.by}`);
    const { items } = await this.client.api.get<UsageView>(`/api/ai/usage?${query}`);
    return { view, span, stack: stack(items, span, view.by) };
  }

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has("view") || !changed.get("view")) return;
    this.cursor = undefined;
    void this.found.load();
  }

  override render(): TemplateResult {
    this.models.follow(this.client.models);
    this.agents.follow(this.client.agents.state);
    return this.found.value || this.found.failed
      ? this.found.render((found) => this.body(found))
      : html`<causerie-skeleton lines="8"></causerie-skeleton>`;
  }

  private body({ view, span, stack: figures }: Found): TemplateResult {
    const shown = new Set(figures.stripes.map(({ name }) => name));
    const stripes = figures.stripes.map(({ name, amounts }): Drawn => ({
      amounts,
      colour: name === OTHER ? REST : this.palette.colour(name, shown),
    }));
    const spent = figures.calls > 0;
    const sum = t("usage.sum", { usd: usd(figures.sum, locale()), calls: t("usage.calls", { count: figures.calls }) });
    return html`<div class=${view === this.view ? "" : "busy"}>
      <div class="title">
        ${view.day === undefined ? nothing : this.paging(view.day)}
        <h3>${this.heading(view, span)}</h3>
        <span class="sum muted" role="status">${sum}</span>
        <button class="quiet twin" type="button"
          @click=${() => (this.asTable = !this.asTable)}>${icon(this.asTable ? "chart" : "list", 16)}${t(this.asTable ? "usage.asChart" : "usage.asTable")}</button>
      </div>
      ${this.legend(view, span, figures, stripes)}
      ${this.asTable
        ? this.table(view, span, figures)
        : html`<div class="plot">
            <causerie-bars label=${this.label(view, span, figures)} .steps=${this.steps(view, span, figures)} .stripes=${stripes}
              @causerie-cursor=${(event: CustomEvent<number | undefined>) => (this.cursor = event.detail)}
              @causerie-pick=${(event: CustomEvent<number>) => this.open(span, event.detail)}></causerie-bars>
            ${spent ? nothing : html`<p class="none muted">${t("usage.nothing")}</p>`}
          </div>`}
    </div>`;
  }

  private paging(day: string): TemplateResult {
    const next = after(day, 1);
    return html`<button class="button small" type="button" @click=${() => this.look({ day: undefined, hour: undefined })}>${t("usage.allDays")}</button>
      <button class="quiet" type="button" aria-label=${t("usage.dayBefore")} @click=${() => this.look({ day: after(day, -1), hour: undefined })}>${icon("left", 16)}</button>
      <button class="quiet" type="button" aria-label=${t("usage.dayAfter")} ?disabled=${Date.parse(next) > Date.now()}
        @click=${() => this.look({ day: next, hour: undefined })}>${icon("right", 16)}</button>`;
  }

  private heading({ day, hour }: View, span: Span): string {
    if (day === undefined) {
      return t(span.step === "hour" ? "usage.byHour" : span.step === "day" ? "usage.byDay" : "usage.byMonth");
    }
    return hour === undefined ? stepName(day, "long") : `${stepName(day, "long")}, ${stepName(span.keys[hour] ?? day, "long")}`;
  }

  private name({ by }: View, key: string, others: number): string {
    return nameOf(by, key, this.client.models.value.items, others);
  }

  private label(view: View, span: Span, figures: Stack): string {
    const top = figures.stripes[0];
    const what = this.heading(view, span);
    return top
      ? t("usage.label", { what, usd: usd(figures.sum, locale()), top: this.name(view, top.name, figures.others), most: usd(top.sum, locale()) })
      : t("usage.labelEmpty", { what });
  }

  private steps(view: View, span: Span, { stripes, totals, others }: Stack): Step[] {
    return span.keys.map((key, at) => {
      const parts = stripes.flatMap(({ name, amounts }) =>
        isZero(amounts[at] ?? "0") ? [] : [`${this.name(view, name, others)} ${usd(amounts[at] ?? "0", locale())}`]);
      return {
        tick: stepName(key, "short"),
        words: [`${stepName(key, "long")}: ${usd(totals[at] ?? "0", locale())}`, ...parts].join(", "),
      };
    });
  }

  /** Names with their colours, and what each was: of the step under the cursor, else of all. */
  private legend(view: View, span: Span, figures: Stack, drawn: readonly Drawn[]): TemplateResult {
    const at = this.cursor;
    const key = at === undefined ? undefined : span.keys[at];
    return html`<ul class="legend">
      <li class="moment" aria-hidden="true">${key === undefined ? t("usage.all") : stepName(key, "long")}</li>
      ${figures.stripes.map(({ name, sum, amounts }, index) => {
        const words = this.name(view, name, figures.others);
        const inner = html`<i class="swatch s${drawn[index]?.colour ?? REST}"></i><span>${words}</span>
          ${usd(at === undefined ? sum : (amounts[at] ?? "0"), locale())}`;
        return html`<li>${name === OTHER
          ? inner
          : html`<button class="pick" type="button" title=${t("usage.filter", { name: words })}
              @click=${() => this.look({ filters: { ...view.filters, [view.by]: name } })}>${inner}</button>`}</li>`;
      })}
    </ul>`;
  }

  private table(view: View, span: Span, figures: Stack): TemplateResult {
    const rows = [...span.keys.keys()].filter((at) => figures.stripes.some(({ amounts }) => !isZero(amounts[at] ?? "0"))).toReversed();
    if (!rows.length) return html`<p class="muted">${t("usage.nothing")}</p>`;
    return html`<div class="scroll tall" tabindex="0" role="region" aria-label=${t("usage.asTable")}><table>
      <thead><tr>
        <th scope="col">${t("usage.time")}</th>
        ${figures.stripes.map(({ name }) => html`<th scope="col" class="number">${this.name(view, name, figures.others)}</th>`)}
        <th scope="col" class="number">${t("usage.total")}</th>
      </tr></thead>
      <tbody>${rows.map((at) => html`<tr>
        <th scope="row"><button class="pick" type="button" @click=${() => this.open(span, at)}><span>${stepName(span.keys[at] ?? "", "long")}</span></button></th>
        ${figures.stripes.map(({ amounts }) => html`<td class="number">${isZero(amounts[at] ?? "0") ? nothing : usd(amounts[at] ?? "0", locale(), 4)}</td>`)}
        <td class="number strong">${usd(figures.totals[at] ?? "0", locale(), 4)}</td>
      </tr>`)}</tbody>
      <tfoot><tr>
        <th scope="row">${t("usage.callsOf")}</th>
        ${figures.stripes.map(({ calls }) => html`<td class="number">${count(calls, locale())}</td>`)}
        <td class="number strong">${count(figures.calls, locale())}</td>
      </tr></tfoot>
    </table></div>`;
  }

  /** A month by its days, a day by its hours, an hour by its calls. */
  private open(span: Span, at: number): void {
    const key = span.keys[at];
    if (key === undefined) return;
    if (span.step === "day") this.look({ day: key, hour: undefined });
    else if (span.step === "month") {
      const [year, month] = key.split("-").map(Number) as [number, number];
      this.look({ range: { from: `${key}-01`, to: new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10) } });
    } else this.look({ day: key.slice(0, 10), hour: at });
  }

  private look(part: Partial<View>): void {
    this.tell("view", part);
  }
}

define("causerie-usage-chart", UsageChart);
