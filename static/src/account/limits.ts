// Limits that somebody sets themselves, below those of their plan.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { Problem } from "../core/api.js";
import { locale, t } from "../core/i18n.js";
import { count, usd } from "../core/money.js";
import { said } from "../core/said.js";
import type { LimitsView, SetLimits } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { limitsOf, type LimitFault } from "./limit-values.js";

const NONE: SetLimits = { monthlyUsd: null, requestsPerHour: null, runningTurns: null };
const FAULTS = { usd: "limits.badUsd", count: "limits.badCount" } as const satisfies Record<LimitFault, string>;

export class Limits extends FormElement {
  static override styles = [
    base,
    buttons,
    sections,
    forms,
    css`
      .fields {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));
        gap: 16px 24px;
        margin-block-start: 16px;
      }
      .deeds {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-block-start: 16px;
      }
      form .problem {
        margin-block-start: 16px;
      }
    `,
  ];

  /** Fields are drawn anew with what was saved. */
  @state() private saved = 0;
  private readonly found = new Loader<LimitsView>(this, () => this.client.api.get<LimitsView>("/api/limits"));

  override render(): TemplateResult {
    return html`<section>
      <h2>${t("limits.title")}</h2>
      <p class="muted">${t("limits.text")}</p>
      ${this.found.render((limits) => this.form(limits))}
    </section>`;
  }

  private form({ monthlyUsd, requestsPerHour, runningTurns }: LimitsView): TemplateResult {
    const some = [monthlyUsd, requestsPerHour, runningTurns].some(({ own }) => own !== null);
    const most = monthlyUsd.plan === null ? t("limits.planNone") : t("limits.plan", { limit: usd(monthlyUsd.plan, locale()) });
    const plan = (limit: number): string => t("limits.plan", { limit: count(limit, locale()) });
    const field = (name: keyof SetLimits, label: string, own: string | number | null, hint: string): TemplateResult =>
      html`<causerie-field name=${name} label=${label} optional inputmode=${name === "monthlyUsd" ? "text" : "numeric"} maxlength="20"
        .initial=${own === null ? "" : String(own)} hint=${hint} problem=${this.faults[name] ?? ""}></causerie-field>`;
    return html`<form novalidate data-saved=${this.saved} @submit=${this.save}>
      <div class="fields">
        ${field("monthlyUsd", t("limits.monthlyUsd"), monthlyUsd.own, most)}
        ${field("requestsPerHour", t("limits.requestsPerHour"), requestsPerHour.own, plan(requestsPerHour.plan))}
        ${field("runningTurns", t("limits.runningTurns"), runningTurns.own, plan(runningTurns.plan))}
      </div>
      ${this.complaint()}
      <div class="deeds">
        <button class="button primary" type="submit" ?disabled=${this.busy}>${t("limits.save")}</button>
        ${some ? html`<button class="button" type="button" ?disabled=${this.busy} @click=${() => void this.put(NONE)}>${t("limits.lift")}</button>` : nothing}
      </div>
    </form>`;
  }

  private async save(event: Event): Promise<void> {
    event.preventDefault();
    const filled = this.filled();
    if (!filled) return;
    const { limits, faults } = limitsOf(filled);
    this.faults = Object.fromEntries(Object.entries(faults).map(([name, fault]) => [name, t(FAULTS[fault])]));
    const first = [...this.fields].find(({ name }) => name in faults);
    if (first) first.focus();
    else await this.put(limits);
  }

  private async put(limits: SetLimits): Promise<void> {
    const done = await this.attempt(async () => {
      this.found.value = await this.client.api.put<LimitsView>("/api/limits", limits);
      this.saved += 1;
    }, above);
    if (!done) return;
    this.faults = {};
    // What somebody typed otherwise than we write it stands as it was saved.
    await this.updateComplete;
    for (const field of this.fields) field.value = String(limits[field.name as keyof SetLimits] ?? "");
    this.tell("toast", { text: t(Object.values(limits).every((one) => one === null) ? "limits.lifted" : "limits.saved") });
    this.tell("limits");
  }
}

/** What is above the plan's is refused with the plan's figure. */
function above(error: unknown): string {
  const limit = error instanceof Problem ? error.metadata["limit"] : undefined;
  if (typeof limit === "string") return t("limits.above", { limit: usd(limit, locale()) });
  return typeof limit === "number" ? t("limits.above", { limit: count(limit, locale()) }) : said(error);
}

define("causerie-limits", Limits);
