// What the team has learned: how sure it still is, judged, or taken back.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { agentName } from "../core/agents.js";
import { locale, t } from "../core/i18n.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { InsightPage, JudgeInsight, KnownInsight } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Leaving } from "../ui/leaving.js";
import { ListLoader } from "../ui/loader.js";
import "../ui/meter.js";
import "../ui/select.js";
import { percent, sureness } from "./confidence.js";
import { tools } from "./styles.js";

export class Learned extends ClientElement {
  static override styles = [
    base,
    buttons,
    tools,
    css`
      causerie-select {
        max-inline-size: 240px;
        margin-block-start: 12px;
      }
      .sure {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
        margin-block-start: 2px;
      }
      causerie-meter {
        inline-size: 64px;
      }
    `,
  ];

  @state() private what = "";
  @state() private problem = "";

  private readonly list = new ListLoader<KnownInsight>(this, (cursor) =>
    this.client.api.get<InsightPage>(`/api/insights?limit=10${this.what ? `&kind=${this.what}` : ""}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`),
  );

  private readonly leaving = new Leaving(this, () => this.list.load());

  override updated(changed: PropertyValues): void {
    if (changed.has("what") && changed.get("what") !== undefined) void this.list.load();
  }

  override render(): TemplateResult {
    return html`<h2>${t("creator.learned")}</h2>
      <p class="lead">${t("creator.learnedLead")}</p>
      <causerie-select label=${t("creator.learnedKind")} .value=${this.what} .choices=${[
        { id: "", label: t("creator.kind.all") },
        { id: "fan_preference", label: t("creator.kind.fan_preference") },
        { id: "engagement_pattern", label: t("creator.kind.engagement_pattern") },
        { id: "content_performance", label: t("creator.kind.content_performance") },
        { id: "sales_tactic", label: t("creator.kind.sales_tactic") },
        { id: "optimal_timing", label: t("creator.kind.optimal_timing") },
        { id: "revenue_trend", label: t("creator.kind.revenue_trend") },
      ]} @causerie-change=${(event: CustomEvent<string>) => (this.what = event.detail)}></causerie-select>
      ${this.problem ? html`<p class="failed" role="alert">${this.problem}</p>` : nothing}
      ${this.list.render(({ items }) => {
        const known = items.filter(({ id }) => !this.leaving.has(id));
        return html`${known.length ? html`<ul class="rows">${repeat(known, ({ id }) => id, (one) => this.row(one))}</ul>` : html`<p class="empty">${t("creator.learnedNone")}</p>`}${this.list.rest()}`;
      })}`;
  }

  private row(one: KnownInsight): TemplateResult {
    const share = percent(one.confidence, locale());
    const counts = [one.helped ? t("creator.helped", { count: one.helped }) : "", one.hindered ? t("creator.hindered", { count: one.hindered }) : ""];
    const from = one.source === "creator" ? t("creator.fromYou") : agentName(one.source);
    return html`<li class="row">
      <div class="what"><span dir="auto">${one.text}</span>
        <small>${[t(`creator.kind.${one.kind}`), from, full(one.createdAt, locale()), ...counts].filter(Boolean).join(" · ")}</small>
        <div class="sure"><causerie-meter .value=${Math.min(0.79, one.confidence)} label=${t("creator.confidence")} text=${share}></causerie-meter>
          <small>${t(sureness(one.confidence))}, ${share}</small></div>
      </div>
      <div class="deeds">
        <button class="button small" type="button" @click=${() => void this.judge(one, true)}>${t("creator.helpful")}</button>
        <button class="button small" type="button" @click=${() => void this.judge(one, false)}>${t("creator.notHelpful")}</button>
        <button class="button small" type="button" @click=${() => this.leaving.remove(one.id, `/api/insights/${one.id}`, t("creator.retracted"))}>${t("creator.retract")}</button>
      </div>
    </li>`;
  }

  private async judge(one: KnownInsight, helped: boolean): Promise<void> {
    this.problem = "";
    try {
      const judged = await this.client.api.post<KnownInsight>(`/api/insights/${one.id}/feedback`, { helped } satisfies JudgeInsight);
      if (this.list.value) this.list.value = { ...this.list.value, items: this.list.value.items.map((each) => (each.id === one.id ? judged : each)) };
      this.requestUpdate();
    } catch (error) {
      this.problem = said(error);
    }
  }
}

define("causerie-learned", Learned);
