// Puts a price right for calls that were billed by a wrong one. Nothing that was written is changed:
// lines beside the calls say what went back.
import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { add, count, credits, isZero, usd } from "../core/money.js";
import type { RepriceCalls, RepricingView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { forms } from "../ui/form.js";
import "../ui/moment.js";
import { PriceForm } from "./price-form.js";
import { panels } from "./price-styles.js";
import { signed } from "./price-words.js";

const DAY_MS = 86_400_000;

/** What was done of it so far: an answer tells of one stretch. */
type Done = Pick<RepricingView, "calls" | "changed" | "credits" | "creditsUsd" | "costDifferenceUsd">;

export class Reprice extends PriceForm {
  static override styles = [base, buttons, forms, panels];

  @state() private shown: RepricingView | undefined;
  @state() private done: Done | undefined;
  @state() private wrong = "";

  override firstUpdated(): void {
    this.fields[0]?.focus();
  }

  override render(): TemplateResult {
    const now = Date.now();
    return html`<h3>${t("prices.repriceTitle", { model: this.model })}</h3>
      <p class="muted">${t("prices.repriceText")}</p>
      <form novalidate @submit=${this.look} @input=${this.changed} @causerie-change=${this.changed}>
        ${this.figures()}
        <div class="grid">
          <causerie-moment name="from" label=${t("prices.from")} .initial=${new Date(now - 30 * DAY_MS).toISOString()}></causerie-moment>
          <causerie-moment name="to" label=${t("prices.to")} .initial=${new Date(now).toISOString()}
            .problem=${this.wrong || (this.faults["to"] ?? "")}></causerie-moment>
        </div>
        <causerie-field name="reason" maxlength="500" label=${t("prices.reason")} hint=${t("prices.reasonHint")}
          .problem=${this.faults["reason"] ?? ""}></causerie-field>
        ${this.complaint()}
        <div class="deeds">
          <button class="button ${this.shown ? "" : "primary"}" type="submit" ?disabled=${this.busy}>${t("prices.preview")}</button>
          <button class="button" type="button" @click=${() => this.tell(this.done ? "saved" : "closed")}>${t(this.done ? "close" : "cancel")}</button>
        </div>
      </form>
      ${this.done ? this.outcome(this.done) : this.shown ? this.effect(this.shown) : nothing}`;
  }

  private effect(found: RepricingView): TemplateResult {
    if (!found.changed) return html`<div class="effect" role="status"><p>${t("prices.nothingToReprice", { count: found.calls })}</p></div>`;
    return html`<div class="effect" role="status">
      <p>${t("prices.wouldReprice", { count: found.changed, calls: count(found.calls, locale()) })}</p>
      <p>${t("prices.costChanges", { usd: signed(found.costDifferenceUsd) })}</p>
      <p><strong>${isZero(found.credits)
        ? t("prices.nothingBack")
        : t("prices.goesBack", { credits: credits(found.credits, locale()), usd: usd(found.creditsUsd, locale()) })}</strong></p>
      <p class="muted">${t("prices.neverMore")}</p>
      <div class="deeds"><button class="button danger" type="button" ?disabled=${this.busy} @click=${this.perform}>${t("prices.reprice")}</button></div>
    </div>`;
  }

  private outcome(done: Done): TemplateResult {
    return html`<div class="effect" role="status">
      <p><strong>${t(this.busy ? "prices.repricing" : "prices.repriced", { count: done.changed })}</strong></p>
      <p>${t("prices.wentBack", { credits: credits(done.credits, locale()), usd: usd(done.creditsUsd, locale()) })}</p>
    </div>`;
  }

  private changed(): void {
    this.shown = undefined;
    this.done = undefined;
    this.wrong = "";
  }

  private asked(): RepriceCalls | undefined {
    const body = this.body();
    const [from, to] = [...this.renderRoot.querySelectorAll("causerie-moment")].map(({ value }) => value);
    const reason = [...this.fields].find(({ name }) => name === "reason")?.value.trim() ?? "";
    if (!body) return undefined;
    if (from && to && from < to) return { ...body, from, to, reason };
    this.wrong = t("prices.noRange");
    return undefined;
  }

  private async look(event: Event): Promise<void> {
    event.preventDefault();
    const body = this.asked();
    if (!body) return;
    await this.attempt(async () => {
      this.shown = await this.client.api.post<RepricingView>("/api/admin/prices/reprice", { ...body, preview: true });
    });
  }

  private async perform(): Promise<void> {
    const body = this.asked();
    if (!body) return;
    await this.attempt(async () => {
      let sums: Done = { calls: 0, changed: 0, credits: "0", creditsUsd: "0", costDifferenceUsd: "0" };
      let cursor: string | null = "";
      // In stretches: one request goes on only so long. Asking again for what is done changes nothing.
      while (cursor !== null) {
        const query: string = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
        const step: RepricingView = await this.client.api.post<RepricingView>(`/api/admin/prices/reprice${query}`, body);
        sums = {
          calls: sums.calls + step.calls,
          changed: sums.changed + step.changed,
          credits: add(sums.credits, step.credits),
          creditsUsd: add(sums.creditsUsd, step.creditsUsd),
          costDifferenceUsd: add(sums.costDifferenceUsd, step.costDifferenceUsd),
        };
        this.done = sums;
        cursor = step.finished ? null : step.nextCursor;
      }
    });
  }
}

define("causerie-reprice", Reprice);
