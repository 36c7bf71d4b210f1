// Performance reports that come by themselves: never, each week, or each month.
import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";

import { locale, t } from "../core/i18n.js";
import { reason } from "../core/reasons.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { ScheduleView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";

const PATH = "/api/analytics/schedule";

type Cadence = ScheduleView["cadence"] | "none";

export class Reports extends ClientElement {
  static override styles = [base, buttons, sections, pages];

  @state() private busy = false;
  /** What is being saved. */
  @state() private wanted: Cadence | undefined;
  private readonly found = new Loader<{ schedule: ScheduleView | null }>(this, async () => ({
    schedule: await this.client.api.get<ScheduleView | null>(PATH),
  }));

  override render(): TemplateResult {
    return html`
      <h1>${t("page.reports")}</h1>
      <p class="muted lead">${t("reports.text")}</p>
      ${this.found.render(({ schedule }) => html`<section>
        <h2 id="how">${t("reports.often")}</h2>
        <p class="muted">${t("reports.cost")}</p>
        <div class="line"><fieldset aria-labelledby="how">
          ${this.choice("none", schedule, t("reports.none"))}
          ${this.choice("weekly", schedule, t("reports.weekly"), t("reports.weeklyText"))}
          ${this.choice("monthly", schedule, t("reports.monthly"), t("reports.monthlyText"))}
        </fieldset></div>
        ${schedule ? this.state(schedule) : nothing}
      </section>`)}`;
  }

  private choice(cadence: Cadence, schedule: ScheduleView | null, label: string, text = ""): TemplateResult {
    return html`<label class="check"><input type="radio" name="cadence" .checked=${live((this.wanted ?? schedule?.cadence ?? "none") === cadence)}
      ?disabled=${this.busy} @change=${() => void this.choose(cadence)} /><span>${label}${text ? html`<small>${text}</small>` : nothing}</span></label>`;
  }

  private state(schedule: ScheduleView): TemplateResult {
    const { nextAt, lastError, lastGenerationId } = schedule;
    return html`<p class="more">${t("reports.next", { at: full(nextAt, locale()) })}</p>
      ${lastError
        ? html`<p class="more"><span class="tag bad">${t("reports.failed")}</span>
            ${lastError === "no_figures" ? t("reports.noFigures") : reason(lastError, lastError)}</p>`
        : nothing}
      ${lastGenerationId ? html`<p class="more"><a href="/creator/insights">${t("reports.last")}</a></p>` : nothing}`;
  }

  private async choose(cadence: Cadence): Promise<void> {
    this.busy = true;
    this.wanted = cadence;
    try {
      if (cadence === "none") await this.client.api.delete(PATH);
      else await this.client.api.put(PATH, { cadence });
      this.tell("toast", { text: t(cadence === "none" ? "reports.ended" : "reports.saved") });
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
    await this.found.load();
    this.busy = false;
    this.wanted = undefined;
  }
}

define("causerie-reports", Reports);
