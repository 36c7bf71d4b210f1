// What somebody asked for lately and what it took, with a way to give it back.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { add, credits, isZero, usd } from "../core/money.js";
import type { CostCall, CostCallPage, RefundTurn, RefundView } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { ListLoader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { once } from "./keys.js";
import { utcDate } from "./moments.js";

/** A turn as far as its calls tell: a turn of several calls is one row. */
interface Spent {
  turnId: string;
  at: string;
  feature: string;
  model: string;
  outcome: string;
  charged: string;
  chargedUsd: string;
  calls: number;
}

/** Calls of one turn follow each other in the list; the newest of them says when. */
export function turnsOf(calls: readonly CostCall[]): Spent[] {
  const turns = new Map<string, Spent>();
  for (const call of calls) {
    const { turnId, at, feature, model, outcome, charged, chargedUsd } = call;
    const had = turns.get(turnId);
    turns.set(
      turnId,
      had
        ? { ...had, charged: add(had.charged, charged), chargedUsd: add(had.chargedUsd, chargedUsd), calls: had.calls + 1 }
        : { turnId, at, feature, model, outcome, charged, chargedUsd, calls: 1 },
    );
  }
  return [...turns.values()];
}

export class UserTurns extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      .sum {
        min-inline-size: 12ch;
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .sum small {
        display: block;
      }
      form {
        display: grid;
        gap: 16px;
        margin-block-start: 12px;
      }
    `,
  ];

  @property() userId = "";
  @state() private wanted: Spent | undefined;
  @query("causerie-dialog") private dialog!: Dialog;
  private key = "";
  private readonly list = new ListLoader<CostCall>(this, (cursor) => {
    const asked = new URLSearchParams({ creatorId: this.userId, limit: "20" });
    if (cursor) asked.set("cursor", cursor);
    return this.client.api.get<CostCallPage>(`/api/admin/ai-costs/calls?${asked}`);
  });

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.get("userId")) void this.list.load();
  }

  override render(): TemplateResult {
    return html`${this.list.render(({ items }) =>
        items.length
          ? html`<ul class="rows">${turnsOf(items).map((turn) => this.row(turn))}</ul>${this.list.rest()}`
          : html`<p class="muted rows">${t("users.noTurns")}</p>`,
      )}
      <causerie-dialog heading=${t("users.refundTitle")}>
        ${this.wanted ? this.form(this.wanted) : nothing}
        <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button primary" type="button" ?disabled=${this.busy} @click=${this.refund}>${t("users.refundDo")}</button>
      </causerie-dialog>`;
  }

  private row(turn: Spent): TemplateResult {
    const free = isZero(turn.charged);
    return html`<li class="row">
      <div class="what">${t("users.turn", { feature: turn.feature, model: turn.model })}${turn.outcome === "ok" ? nothing : html` <span class="tag">${turn.outcome}</span>`}
        <small>${t("users.turnAt", { at: utcDate(turn.at, locale()), count: turn.calls })}</small></div>
      <div class="sum">${t("users.turnCredits", { credits: credits(turn.charged, locale()) })}<small>${usd(turn.chargedUsd, locale())}</small></div>
      <div class="deeds"><button class="button small" type="button" ?disabled=${free} title=${free ? t("users.nothingCharged") : ""}
        @click=${() => this.ask(turn)}>${t("users.refund")}</button></div>
    </li>`;
  }

  private form(turn: Spent): TemplateResult {
    return html`<p>${t("users.refundText", { credits: credits(turn.charged, locale()) })}</p>
      <form novalidate @submit=${(event: Event) => { event.preventDefault(); void this.refund(); }}>
        <causerie-field name="credits" optional inputmode="decimal" maxlength="40" label=${t("users.refundAmount")} hint=${t("users.refundHint")} .problem=${this.faults["credits"] ?? ""}></causerie-field>
        <causerie-field name="reason" maxlength="500" label=${t("users.reason")} hint=${t("users.reasonHint")} .problem=${this.faults["reason"] ?? ""}></causerie-field>
        ${this.complaint()}
      </form>`;
  }

  private async ask(turn: Spent): Promise<void> {
    this.wanted = turn;
    this.key = once("refund");
    this.faults = {};
    this.problem = "";
    await this.updateComplete;
    for (const field of this.fields) field.value = "";
    await this.dialog.show();
  }

  private async refund(): Promise<void> {
    const values = this.filled();
    const { wanted } = this;
    if (!values || !wanted) return;
    const amount = values["credits"]?.trim();
    const body: RefundTurn = { reason: values["reason"]?.trim() ?? "", key: this.key, ...(amount ? { credits: amount } : {}) };
    let done: RefundView | undefined;
    await this.attempt(async () => {
      done = await this.client.api.post<RefundView>(`/api/admin/turns/${wanted.turnId}/refund`, body);
    });
    if (!done) return;
    this.dialog.close();
    this.tell("toast", { text: t("users.refunded", { credits: credits(done.credits, locale()), left: credits(done.left, locale()) }) });
    this.tell("changed");
  }
}

define("causerie-user-turns", UserTurns);
