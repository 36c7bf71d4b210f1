// Reports that come by themselves, each week or month.
import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { reason } from "../core/reasons.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { PutSchedule, ScheduleView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import "../ui/segmented.js";
import { tools } from "./styles.js";

const PATH = "/api/analytics/schedule";

export class Schedule extends ClientElement {
  static override styles = [base, buttons, tools];

  @state() private problem = "";
  private readonly schedule = new Loader<{ now: ScheduleView | null }>(this, async () => ({ now: await this.client.api.get<ScheduleView | null>(PATH) }));

  override render(): TemplateResult {
    return html`<h2>${t("creator.reports")}</h2>
      <p class="lead">${t("creator.reportsLead")}</p>
      ${this.schedule.render(({ now }) => html`
        <p class="more"><causerie-segmented label=${t("creator.reports")} .value=${now?.cadence ?? "off"} .options=${[
          { id: "off", label: t("creator.reportsOff") },
          { id: "weekly", label: t("creator.reportsWeekly") },
          { id: "monthly", label: t("creator.reportsMonthly") },
        ]} @causerie-change=${(event: CustomEvent<string>) => void this.change(event.detail)}></causerie-segmented></p>
        ${now ? html`<p class="hint">${t("creator.reportsNext", { at: full(now.nextAt, locale()) })} ${now.lastError ? t("creator.reportsFailed", { why: reason(now.lastError, now.lastError) }) : ""}</p>` : nothing}
        ${this.problem ? html`<p class="failed" role="alert">${this.problem}</p>` : nothing}`)}`;
  }

  private async change(cadence: string): Promise<void> {
    this.problem = "";
    try {
      if (cadence === "weekly" || cadence === "monthly") await this.client.api.put<ScheduleView>(PATH, { cadence } satisfies PutSchedule);
      else await this.client.api.delete(PATH);
    } catch (error) {
      this.problem = said(error);
    }
    await this.schedule.load();
  }
}

define("causerie-schedule", Schedule);
