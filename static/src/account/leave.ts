// Deleting one's own account: said in words before it is done, and proved by the password.
import { css, html, nothing, type TemplateResult } from "lit";
import { query } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { sections } from "../ui/page.js";

/** What has to be typed, so that no slip of a finger deletes an account. The server asks for this very word. */
const PHRASE = "delete";

export class Leave extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      ul {
        display: grid;
        gap: 8px;
        max-inline-size: var(--measure);
        margin-block: 12px 16px;
      }
      form {
        display: grid;
        gap: 16px;
        margin-block-start: 16px;
      }
    `,
  ];

  @query("causerie-dialog") private dialog!: Dialog;

  override render(): TemplateResult {
    return html`<section aria-labelledby="heading">
        <h2 id="heading">${t("leave.title")}</h2>
        <p class="muted">${t("leave.text")}</p>
        <ul>
          <li>${t("leave.goes")}</li>
          <li>${t("leave.stays")}</li>
          <li>${t("leave.take")}</li>
        </ul>
        <button class="button danger" type="button" @click=${this.ask}>${t("leave.start")}</button>
      </section>
      <causerie-dialog heading=${t("leave.confirm")}>
        <p>${t("leave.text")}</p>
        <form id="leave" novalidate @submit=${this.submit}>
          ${this.complaint()}
          <causerie-field name="confirm" maxlength="40" label=${t("leave.phrase", { phrase: PHRASE })}
            .problem=${this.faults["confirm"] ?? ""}></causerie-field>
          ${this.client.user.value?.hasPassword
            ? html`<causerie-field name="password" type="password" autocomplete="current-password" maxlength="200"
                label=${t("leave.password")} .problem=${this.faults["password"] ?? ""}></causerie-field>`
            : nothing}
        </form>
        <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button danger" type="submit" form="leave" ?disabled=${this.busy}>${t("leave.do")}</button>
      </causerie-dialog>`;
  }

  private async ask(): Promise<void> {
    for (const field of this.fields) field.value = "";
    this.problem = "";
    this.faults = {};
    await this.dialog.show();
    this.fields[0]?.focus();
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    if (values["confirm"]?.trim().toLowerCase() !== PHRASE) {
      this.faults = { confirm: t("leave.wrongPhrase", { phrase: PHRASE }) };
      return;
    }
    const password = values["password"];
    const body = { confirm: PHRASE, ...(password ? { password } : {}) };
    if (!(await this.attempt(() => this.client.api.delete("/api/auth/me", false, body)))) return;
    this.client.socket.stop();
    // A fresh document: nothing of whoever has left stays in memory.
    location.assign("/sign-in");
  }
}

define("causerie-leave", Leave);
