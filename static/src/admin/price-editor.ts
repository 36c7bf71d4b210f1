// Sets what a model costs from a moment on. First it is shown what the change would have made of the
// calls that there were; only then can it be saved.
import { html, nothing, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { count, usd } from "../core/money.js";
import { utcDate } from "./moments.js";
import type { PriceChange, SetPrice } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { forms } from "../ui/form.js";
import "../ui/moment.js";
import "../ui/segmented.js";
import { tables } from "../ui/table.js";
import { PriceForm } from "./price-form.js";
import { panels } from "./price-styles.js";
import { signed } from "./price-words.js";

export class PriceEditor extends PriceForm {
  static override styles = [base, buttons, forms, tables, panels];

  @state() private later = false;
  @state() private change: PriceChange | undefined;
  @state() private late = "";
  @query("causerie-moment") private moment!: HTMLElementTagNameMap["causerie-moment"] | null;
  @query(".effect") private shown!: HTMLElement | null;

  override firstUpdated(): void {
    this.fields[0]?.focus();
  }

  override render(): TemplateResult {
    return html`<h3>${t("prices.setTitle", { model: this.model })}</h3>
      <form novalidate @submit=${this.look} @input=${this.changed} @causerie-change=${this.changed}>
        ${this.figures()}
        <div class="deeds">
          <causerie-segmented label=${t("prices.begins")} .value=${this.later ? "later" : "now"}
            .options=${[{ id: "now", label: t("prices.now") }, { id: "later", label: t("prices.later") }]}
            @causerie-change=${(event: CustomEvent<string>) => (this.later = event.detail === "later")}></causerie-segmented>
        </div>
        ${this.later
          ? html`<div class="grid"><causerie-moment name="effectiveFrom" label=${t("prices.beginsAt")} .initial=${tomorrow()}
              .problem=${this.late || (this.faults["effectiveFrom"] ?? "")}></causerie-moment></div>`
          : nothing}
        ${this.complaint()}
        <div class="deeds">
          <button class="button ${this.change ? "" : "primary"}" type="submit" ?disabled=${this.busy}>${t("prices.preview")}</button>
          <button class="button" type="button" @click=${() => this.tell("closed")}>${t("cancel")}</button>
        </div>
      </form>
      ${this.change ? this.effect(this.change) : nothing}`;
  }

  private effect({ effect, warnings, effectiveFrom }: PriceChange): TemplateResult {
    const span = { from: utcDate(effect.from, locale()), to: utcDate(effect.to, locale()), count: effect.calls };
    const row = (name: string, then: string, now: string, difference: string): TemplateResult => html`<tr>
      <th scope="row">${name}</th><td class="number">${usd(then, locale())}</td><td class="number">${usd(now, locale())}</td>
      <td class="number strong ${difference.startsWith("-") ? "down" : "up"}">${signed(difference)}</td></tr>`;
    return html`<div class="effect" tabindex="-1" role="status">
      ${warnings.map((words) => html`<p class="warning">${words}</p>`)}
      ${effect.calls
        ? html`<p>${t("prices.effect", span)}</p>
            <div class="scroll"><table class="figure">
              <thead><tr><th scope="col"><span class="unseen">${t("prices.amount")}</span></th><th scope="col" class="number">${t("prices.then")}</th>
                <th scope="col" class="number">${t("prices.would")}</th><th scope="col" class="number">${t("prices.difference")}</th></tr></thead>
              <tbody>
                ${row(t("prices.cost"), effect.costUsd, effect.newCostUsd, effect.costDifferenceUsd)}
                ${row(t("prices.charged"), effect.chargedUsd, effect.newChargedUsd, effect.chargedDifferenceUsd)}
              </tbody>
            </table></div>
            <p class="muted">${t("prices.effectTokens", { input: count(effect.inputTokens, locale()), output: count(effect.outputTokens, locale()) })}</p>`
        : html`<p>${t("prices.noCalls")}</p>`}
      <p class="muted">${t("prices.keepsPast")}</p>
      <div class="deeds"><button class="button primary" type="button" ?disabled=${this.busy} @click=${this.save}>
        ${this.later ? t("prices.saveLater", { at: utcDate(effectiveFrom, locale()) }) : t("prices.save")}</button></div>
    </div>`;
  }

  /** What was shown is of other figures now. */
  private changed(): void {
    this.change = undefined;
    this.late = "";
  }

  private asked(): SetPrice | undefined {
    const body = this.body();
    if (!body || !this.later) return body;
    const effectiveFrom = this.moment?.value ?? "";
    if (effectiveFrom && Date.parse(effectiveFrom) > Date.now()) return { ...body, effectiveFrom };
    this.late = t("prices.notFuture");
    this.moment?.focus();
    return undefined;
  }

  private async look(event: Event): Promise<void> {
    event.preventDefault();
    const body = this.asked();
    if (!body) return;
    const done = await this.attempt(async () => {
      this.change = await this.client.api.post<PriceChange>("/api/admin/prices/preview", body);
    });
    if (!done) return;
    await this.updateComplete;
    this.shown?.focus();
  }

  private async save(): Promise<void> {
    const body = this.asked();
    if (!body) return;
    const done = await this.attempt(async () => {
      await this.client.api.post<PriceChange>("/api/admin/prices", body);
    });
    if (!done) return;
    this.tell("toast", { text: t(this.later ? "prices.savedLater" : "prices.saved", { model: this.model }) });
    this.tell("saved");
  }
}

/** Tomorrow's first moment: the day on which most changes begin. */
function tomorrow(): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)).toISOString();
}

define("causerie-price-editor", PriceEditor);
