// What is held back now and was before; a scope can be paused here and let go on.
import { css, html, nothing, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { said } from "../core/said.js";
import type { NewPause, PausePage, PauseView } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { ListLoader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";
import { utcDate } from "./moments.js";
import { People } from "./people.js";

const SCOPES = ["feature", "model", "provider", "agent", "creator", "system"] as const;
type ScopeKind = (typeof SCOPES)[number];
const MINUTES = ["", "30", "60", "1440"] as const;

export class Pauses extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      form {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(200px, 100%), 1fr));
        gap: 16px;
        align-items: start;
        margin-block-start: 16px;
      }
      .whole {
        grid-column: 1 / -1;
      }
    `,
  ];

  @state() private scope: ScopeKind = "feature";
  @state() private minutes = "";
  @state() private asked: NewPause | undefined;
  @query("causerie-dialog") private dialog!: Dialog;
  private readonly people = new People(this, () => this.client.api);
  private readonly list = new ListLoader<PauseView>(this, async (cursor) => {
    const asked = new URLSearchParams({ state: "all" });
    if (cursor) asked.set("cursor", cursor);
    const page = await this.client.api.get<PausePage>(`/api/admin/pauses?${asked}`);
    void this.people.learn(page.items.flatMap(({ scope, key, createdBy, liftedBy }) => [scope === "creator" ? key : null, createdBy, liftedBy]));
    return page;
  });

  override render(): TemplateResult {
    return html`<h2>${t("pauses.new")}</h2>
      <p class="muted">${t("pauses.text")}</p>
      <form novalidate @submit=${this.ask}>
        <causerie-select label=${t("pauses.what")} .value=${this.scope} .choices=${SCOPES.map((id) => ({ id, label: t(`incidents.scope.${id}`) }))}
          @causerie-change=${(event: CustomEvent<ScopeKind>) => (this.scope = event.detail)}></causerie-select>
        ${this.scope === "system"
          ? nothing
          : html`<causerie-field name="key" maxlength="300" label=${t(this.scope === "creator" ? "pauses.creator" : "pauses.name")} .problem=${this.faults["key"] ?? ""}></causerie-field>`}
        <causerie-select label=${t("pauses.long")} .value=${this.minutes}
          .choices=${MINUTES.map((id) => ({ id, label: id ? t("pauses.minutes", { count: Number(id) }) : t("pauses.forGood") }))}
          @causerie-change=${(event: CustomEvent<string>) => (this.minutes = event.detail)}></causerie-select>
        <causerie-field name="reason" maxlength="500" label=${t("pauses.reason")} hint=${t("pauses.reasonHint")} .problem=${this.faults["reason"] ?? ""}></causerie-field>
        <div class="whole">${this.complaint()}<button class="button" type="submit" ?disabled=${this.busy}>${t("pauses.pause")}</button></div>
      </form>
      ${this.list.render(({ items }) =>
        items.length
          ? html`<ul class="rows">${items.map((pause) => this.row(pause))}</ul>${this.list.rest()}`
          : html`<p class="muted rows">${t("pauses.none")}</p>`,
      )}
      <causerie-dialog heading=${t("pauses.confirm", { scope: this.asked ? this.words(this.asked.scope, this.asked.key ?? "") : "" })}>
        <p>${t("pauses.confirmText")}</p>
        <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button danger" type="button" ?disabled=${this.busy} @click=${this.begin}>${t("pauses.pause")}</button>
      </causerie-dialog>`;
  }

  private row(pause: PauseView): TemplateResult {
    const at = (moment: string): string => utcDate(moment, locale());
    const end = pause.active
      ? pause.until
        ? t("pauses.until", { at: at(pause.until) })
        : t("pauses.untilLifted")
      : pause.liftedAt
        ? t(pause.liftedBy ? "pauses.liftedBy" : "pauses.lifted", { at: at(pause.liftedAt), name: this.people.of(pause.liftedBy ?? "") })
        : t("pauses.ended", { at: at(pause.until ?? pause.createdAt) });
    return html`<li class="row">
      <div class="what"><span dir="auto">${this.words(pause.scope, pause.key)}</span>${pause.active ? html` <span class="tag warn">${t("pauses.active")}</span>` : nothing}
        <small dir="auto">${pause.reason}</small>
        <small>${t(pause.createdBy ? "pauses.since" : "pauses.sinceAlert", { at: at(pause.createdAt), name: this.people.of(pause.createdBy ?? "") })} ${end}</small></div>
      ${pause.active
        ? html`<div class="deeds"><button class="button small" type="button" ?disabled=${this.busy} @click=${() => this.lift(pause)}>${t("pauses.lift")}</button></div>`
        : nothing}
    </li>`;
  }

  private words(scope: ScopeKind, key: string): string {
    return scope === "system" ? t("incidents.scope.system") : `${t(`incidents.scope.${scope}`)} ${this.people.of(key)}`;
  }

  private async ask(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    this.asked = {
      scope: this.scope,
      key: values["key"]?.trim() ?? "",
      reason: values["reason"]?.trim() ?? "",
      ...(this.minutes ? { minutes: Number(this.minutes) } : {}),
    };
    await this.dialog.show();
  }

  private async begin(): Promise<void> {
    const { asked } = this;
    this.dialog.close();
    if (!asked) return;
    const done = await this.attempt(async () => {
      await this.client.api.post<PauseView>("/api/admin/pauses", asked);
    });
    if (!done) return;
    for (const field of this.fields) field.value = "";
    this.tell("toast", { text: t("pauses.begun") });
    await this.list.load();
  }

  private async lift(pause: PauseView): Promise<void> {
    this.busy = true;
    try {
      await this.client.api.delete(`/api/admin/pauses/${pause.id}`);
      this.tell("toast", { text: t("pauses.nowLifted") });
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
    await this.list.load();
    this.busy = false;
  }
}

define("causerie-pauses", Pauses);
