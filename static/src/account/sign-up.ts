// Asking for an account. What is answered is the same whether somebody has the address or not.
import { html, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { door } from "../ui/door.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";

export class SignUp extends FormElement {
  static override styles = [base, buttons, door, forms];

  /** Where the mail went. */
  @state() private sent = "";

  override firstUpdated(): void {
    this.fields[0]?.focus();
  }

  override render(): TemplateResult {
    return html`<main id="main">
      <h1 tabindex="-1">${t(this.sent ? "signUp.sent" : "signUp.title")}</h1>
      ${this.sent ? this.letter() : this.form()}
    </main>`;
  }

  private letter(): TemplateResult {
    return html`<p>${t("signUp.sentText", { email: this.sent })}</p>
      <p class="muted">${t("signUp.sentHint")}</p>
      <div class="ways"><a href="/sign-in">${t("door.signIn")}</a></div>`;
  }

  private form(): TemplateResult {
    return html`<form novalidate @submit=${this.submit}>
        ${this.complaint()}
        <causerie-field name="name" autocomplete="name" maxlength="100" optional label=${t("signUp.name")}
          .problem=${this.faults["name"] ?? ""}></causerie-field>
        <causerie-field name="email" type="email" autocomplete="username" label=${t("signIn.email")}
          .problem=${this.faults["email"] ?? ""}></causerie-field>
        <causerie-field name="password" type="password" autocomplete="new-password" least="8" maxlength="200" label=${t("signIn.password")}
          hint=${t("password.hint")} .problem=${this.faults["password"] ?? ""}></causerie-field>
        <button class="button primary" type="submit" ?disabled=${this.busy}>
          ${t(this.busy ? "door.busy" : "signUp.submit")}
        </button>
      </form>
      <div class="ways"><a href="/sign-in">${t("signUp.known")}</a></div>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    const email = values["email"]?.trim() ?? "";
    const name = values["name"]?.trim();
    const done = await this.attempt(() =>
      this.client.api.post("/api/auth/sign-up", { email, password: values["password"], ...(name ? { name } : {}) }),
    );
    if (!done) return;
    this.sent = email;
    await this.announce();
  }
}

define("causerie-sign-up", SignUp);
