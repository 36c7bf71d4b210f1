// What is sold: packs of credits. The host application takes the money; here they are made, named,
// offered or not.
import { css, html, nothing, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { credits, usd } from "../core/money.js";
import { said } from "../core/said.js";
import type { PackPage, PackView } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { ListLoader } from "../ui/loader.js";
import { sections } from "../ui/page.js";

export class Packs extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      form.line > causerie-field {
        flex: 1 1 140px;
        min-inline-size: min(140px, 100%);
      }
    `,
  ];

  @state() private taken: PackView | undefined;
  @query("causerie-dialog") private dialog!: Dialog;
  private readonly list = new ListLoader<PackView>(this, (cursor) =>
    this.client.api.get<PackPage>(`/api/admin/packs${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`),
  );

  override render(): TemplateResult {
    return html`<h2>${t("packs.title")}</h2>
      <p class="muted">${t("packs.text")}</p>
      <form class="line" novalidate @submit=${this.make}>
        <causerie-field name="name" maxlength="100" label=${t("packs.name")} .problem=${this.faults["name"] ?? ""}></causerie-field>
        <causerie-field name="credits" inputmode="decimal" maxlength="40" label=${t("packs.credits")} .problem=${this.faults["credits"] ?? ""}></causerie-field>
        <causerie-field name="priceUsd" inputmode="decimal" maxlength="40" label=${t("packs.price")} .problem=${this.faults["priceUsd"] ?? ""}></causerie-field>
        <button class="button" type="submit" ?disabled=${this.busy}>${t("packs.make")}</button>
      </form>
      ${this.complaint()}
      ${this.list.render(({ items }) =>
        items.length
          ? html`<ul class="rows">${items.map((pack) => this.row(pack))}</ul>${this.list.rest()}`
          : html`<p class="muted rows">${t("packs.none")}</p>`,
      )}
      <causerie-dialog heading=${t("packs.deleteTitle", { name: this.taken?.name ?? "" })}>
        <p>${t("packs.deleteText")}</p>
        <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button danger" type="button" @click=${this.forget}>${t("packs.delete")}</button>
      </causerie-dialog>`;
  }

  private row(pack: PackView): TemplateResult {
    return html`<li class="row">
      <div class="what"><span dir="auto">${pack.name}</span>${pack.active ? nothing : html` <span class="tag">${t("packs.inactive")}</span>`}
        <small>${t("packs.holds", { credits: credits(pack.credits, locale()), usd: usd(pack.priceUsd, locale()) })}</small></div>
      <div class="deeds">
        <button class="button small" type="button" ?disabled=${this.busy} @click=${() => this.offer(pack)}>${t(pack.active ? "packs.stop" : "packs.offer")}</button>
        <button class="button small" type="button" ?disabled=${this.busy} @click=${() => this.ask(pack)}>${t("packs.delete")}</button>
      </div>
    </li>`;
  }

  private async make(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    const body = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, text.trim()]));
    const done = await this.attempt(async () => {
      await this.client.api.post<PackView>("/api/admin/packs", body);
    });
    if (!done) return;
    for (const field of this.fields) field.value = "";
    this.tell("toast", { text: t("packs.made") });
    await this.list.load();
  }

  private offer(pack: PackView): Promise<void> {
    return this.act(() => this.client.api.patch(`/api/admin/packs/${pack.id}`, { active: !pack.active }), t(pack.active ? "packs.stopped" : "packs.offered"));
  }

  private async ask(pack: PackView): Promise<void> {
    this.taken = pack;
    await this.dialog.show();
  }

  private async forget(): Promise<void> {
    const { taken } = this;
    this.dialog.close();
    if (taken) await this.act(() => this.client.api.delete(`/api/admin/packs/${taken.id}`), t("packs.deleted"));
  }

  private async act(deed: () => Promise<unknown>, words: string): Promise<void> {
    this.busy = true;
    try {
      await deed();
      this.tell("toast", { text: words });
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
    await this.list.load();
    this.busy = false;
  }
}

define("causerie-packs", Packs);
