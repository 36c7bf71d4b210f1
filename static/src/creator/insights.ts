// What figures mean and what to do about them; what the team has learned; what the host application tells.
import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { full } from "../core/time.js";
import type { AnalysisRequest, GenerationView, SummaryView } from "../core/wire.gen.js";
import { define } from "../ui/element.js";
import { amount, whole } from "./amounts.js";
import type { Kind } from "./answers.js";
import "./connected.js";
import "./learned.js";
import { isPlatform, PLATFORM_IDS, PLATFORM_NAMES } from "./platforms.js";
import "./schedule.js";
import { told } from "./told.js";
import { Tool, type Draft } from "./tool.js";

type Analysis = NonNullable<AnalysisRequest["analysis"]>;
type Revenue = NonNullable<AnalysisRequest["metrics"]["revenueData"]>;

const ANALYSES: readonly Analysis[] = ["engagement", "content", "audience", "revenue", "competition", "growth"];
const COUNTS = ["likes", "comments", "shares", "views"] as const;

const listed = (text: string): string[] => text.split(",").map((one) => one.trim()).filter(Boolean);

export class Insights extends Tool {
  protected readonly tool = "insights";
  protected readonly needed = ["contentTypes", "timeframe"];
  /** The last analysis that is stored, shown until another is asked for. */
  @state() private summary: SummaryView | undefined;

  protected get kind(): Kind {
    return "analysis";
  }

  protected lead(): string {
    return t("creator.insights.lead");
  }

  override firstUpdated(): void {
    void this.recall();
  }

  private async recall(): Promise<void> {
    const summary = await this.client.api.get<SummaryView | null>("/api/analytics/ai/summary").catch(() => null);
    if (!summary || this.errands.length || this.shown) return;
    this.summary = summary;
    // A generation as the history would show it; its receipt stands there.
    const { generationId: id, createdAt, period, platforms, accountId, agents, ...output } = summary;
    await import("./result-card.js");
    this.shown = { id, kind: "analysis", state: "completed", model: "", input: { metrics: { platforms, timeframe: period }, accountId }, params: {}, output, agents, insights: [], createdAt } satisfies GenerationView;
  }

  private get platforms(): readonly string[] {
    const chosen = listed(this.text("platforms")).filter(isPlatform);
    return chosen.length ? chosen : ["instagram"];
  }

  private toggle(id: string): void {
    const chosen = this.platforms;
    const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
    if (next.length) this.keep({ platforms: next.join(",") });
  }

  override render(): TemplateResult {
    const { platforms, summary } = this;
    const form = html`
      <fieldset>
        <legend>${t("creator.insights.platforms")}</legend>
        <div class="chips">${PLATFORM_IDS.map(
          (id) => html`<button class="chip" type="button" aria-pressed=${String(platforms.includes(id))} @click=${() => this.toggle(id)}>${PLATFORM_NAMES[id]}</button>`,
        )}</div>
      </fieldset>
      <div class="pair">${this.field("contentTypes", t("creator.insights.types"), { optional: false, hint: t("creator.insights.typesHint") })}${this.field("timeframe", t("creator.insights.timeframe"), { optional: false, hint: t("creator.insights.timeframeHint") })}</div>
      <causerie-select name="analysis" label=${t("creator.insights.about")} .value=${this.text("analysis")} .choices=${[
        { id: "", label: t("creator.insights.all") },
        { id: "engagement", label: t("creator.insights.engagement") },
        { id: "content", label: t("creator.insights.content") },
        { id: "audience", label: t("creator.insights.audience") },
        { id: "revenue", label: t("creator.insights.revenue") },
        { id: "competition", label: t("creator.insights.competition") },
        { id: "growth", label: t("creator.insights.growth") },
      ]}></causerie-select>
      <fieldset>
        <legend>${t("creator.insights.figures")}</legend>
        <div class="pair">
          ${this.field("likes", t("creator.insights.likes"), { numeric: true })}${this.field("comments", t("creator.insights.comments"), { numeric: true })}
          ${this.field("shares", t("creator.insights.shares"), { numeric: true })}${this.field("views", t("creator.insights.views"), { numeric: true })}
          ${this.field("followers", t("creator.insights.followers"), { numeric: true })}
        </div>
      </fieldset>
      <fieldset>
        <legend>${t("creator.insights.money")}</legend>
        <div class="pair">${platforms.map((id) => this.field(`revenue_${id}`, isPlatform(id) ? PLATFORM_NAMES[id] : id, { numeric: true }))}</div>
      </fieldset>`;
    return html`${this.page(
      form,
      "creator.insights.write",
      html`<p>${t("creator.insights.vacant")}</p>`,
      summary && this.shown?.id === summary.generationId
        ? html`<p class="hint">${t("creator.insights.last", { period: summary.period, at: full(summary.createdAt, locale()) })}</p>`
        : nothing,
    )}
      <causerie-schedule class="below"></causerie-schedule>
      <causerie-learned class="below"></causerie-learned>
      <causerie-connected class="below"></causerie-connected>`;
  }

  protected example(): Draft {
    return {
      platforms: "instagram,onlyfans", contentTypes: t("creator.insights.exampleTypes"), timeframe: t("creator.insights.exampleTime"), analysis: "revenue",
      likes: "5400", comments: "310", shares: "85", views: "61200", followers: "8100", revenue_onlyfans: "1250.50",
    };
  }

  protected request(): { path: string; bodies: readonly object[] } {
    const revenue: Revenue = {};
    for (const id of this.platforms) {
      const earned = amount(this.text(`revenue_${id}`));
      if (earned) revenue[id] = earned;
    }
    const [likes, comments, shares, views] = COUNTS.map((name) => whole(this.text(name)));
    const more = told({
      engagementData: told({ likes, comments, shares, views }),
      revenueData: Object.keys(revenue).length ? revenue : undefined,
      audienceData: told({ followers: whole(this.text("followers")) }),
    });
    const analysis = ANALYSES.find((one) => one === this.text("analysis"));
    const metrics = { platforms: [...this.platforms], contentTypes: listed(this.text("contentTypes")), timeframe: this.text("timeframe"), ...more };
    const body: AnalysisRequest = { metrics, ...(analysis ? { analysis } : {}) };
    return { path: "/api/ai/analyze-performance", bodies: [body] };
  }

  protected draftOf(input: Record<string, unknown>): Draft {
    const { metrics, analysis } = input as unknown as AnalysisRequest;
    const counts = metrics.engagementData ?? {};
    return {
      platforms: metrics.platforms.join(","),
      contentTypes: (metrics.contentTypes ?? []).join(", "),
      timeframe: metrics.timeframe,
      analysis: analysis ?? "",
      followers: String(metrics.audienceData?.followers ?? ""),
      ...Object.fromEntries(COUNTS.map((name) => [name, String(counts[name] ?? "")])),
      ...Object.fromEntries(Object.entries(metrics.revenueData ?? {}).map(([id, earned]) => [`revenue_${id}`, String(earned)])),
    };
  }
}

define("causerie-insights", Insights);
