// Credits given to somebody, or a pack that was paid for elsewhere. What was booked stays: so it is
// asked again, and the same click twice books once.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { credits, usd } from "../core/money.js";
import { once } from "./keys.js";
import type { BookCredits, BookingView, MembershipView, PackPage, PackView } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";

const GIFT = "gift";
const OWN = "own";

export class Booking extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      form {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr));
        gap: 16px;
        align-items: start;
        margin-block-start: 16px;
      }
      .whole {
        grid-column: 1 / -1;
      }
    `,
  ];

  @property() userId = "";
  /** What people call them. */
  @property() name = "";
  @property({ attribute: false }) workspaces: readonly MembershipView[] = [];
  @state() private packs: readonly PackView[] = [];
  @state() private account = OWN;
  @state() private what = GIFT;
  @state() private asked: { body: BookCredits; words: string } | undefined;
  @query("causerie-dialog") private dialog!: Dialog;
  private key = once("gift");

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => this.readPacks());
  }

  private async readPacks(): Promise<void> {
    const page = await this.client.api.get<PackPage>("/api/admin/packs?limit=100").catch(() => undefined);
    this.packs = page?.items ?? []; // Without them a gift can still be given.
  }

  override render(): TemplateResult {
    const shared = this.workspaces.filter(({ personal }) => !personal);
    return html`<form novalidate @submit=${this.ask}>
        ${shared.length
          ? html`<causerie-select label=${t("users.account")} .value=${this.account}
              .choices=${[{ id: OWN, label: this.name }, ...shared.map(({ id, name }) => ({ id, label: t("users.workspace", { name }) }))]}
              @causerie-change=${(event: CustomEvent<string>) => (this.account = event.detail)}></causerie-select>`
          : nothing}
        <causerie-select label=${t("users.what")} .value=${this.what}
          .choices=${[
            { id: GIFT, label: t("users.gift") },
            ...this.packs.map((pack) => ({ id: pack.id, label: t("users.pack", { name: pack.name, credits: credits(pack.credits, locale()), usd: usd(pack.priceUsd, locale()) }) })),
          ]}
          @causerie-change=${(event: CustomEvent<string>) => (this.what = event.detail)}></causerie-select>
        ${this.what === GIFT
          ? html`<causerie-field name="credits" inputmode="decimal" maxlength="40" label=${t("users.amount")} .problem=${this.faults["credits"] ?? ""}></causerie-field>`
          : nothing}
        <causerie-field name="reason" maxlength="500" label=${t("users.reason")} hint=${t("users.reasonHint")} .problem=${this.faults["reason"] ?? ""}></causerie-field>
        <causerie-field name="key" optional maxlength="200" label=${t("users.key")} hint=${t("users.keyHint")} .problem=${this.faults["key"] ?? ""}></causerie-field>
        <div class="whole">${this.complaint()}
          <button class="button" type="submit" ?disabled=${this.busy}>${t("users.give")}</button></div>
      </form>
      <causerie-dialog heading=${t("users.giveConfirm")}>
        <p>${this.asked?.words}</p>
        <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button primary" type="button" ?disabled=${this.busy} @click=${this.book}>${t("users.give")}</button>
      </causerie-dialog>`;
  }

  private async ask(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    const pack = this.packs.find(({ id }) => id === this.what);
    const amount = values["credits"]?.trim() ?? "";
    if (!pack && !/^\d+(\.\d{1,6})?$/.test(amount)) {
      this.faults = { credits: t("users.amountWrong") };
      return;
    }
    const who = this.workspaces.find(({ id }) => id === this.account)?.name ?? this.name;
    const body = { reason: values["reason"]?.trim() ?? "", key: values["key"]?.trim() || this.key };
    this.asked = {
      body: pack ? { ...body, packId: pack.id } : { ...body, credits: amount },
      words: t("users.giveText", { credits: credits(pack?.credits ?? amount, locale()), name: who }),
    };
    await this.dialog.show();
  }

  private async book(): Promise<void> {
    const { asked } = this;
    if (!asked) return;
    const path = this.account === OWN ? `/api/admin/users/${this.userId}/credits` : `/api/admin/workspaces/${this.account}/credits`;
    let booked: BookingView | undefined;
    const done = await this.attempt(async () => {
      booked = await this.client.api.post<BookingView>(path, asked.body);
    });
    this.dialog.close();
    if (!done || !booked) return;
    this.key = once("gift");
    const balance = credits(booked.balance.credits, locale());
    this.tell("toast", { text: t(booked.booked ? "users.given" : "users.givenBefore", { credits: credits(booked.credits, locale()), balance }) });
    for (const field of this.fields) field.value = "";
    this.tell("changed");
  }
}

define("causerie-booking", Booking);
