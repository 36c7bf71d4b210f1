// Asking for a link by which a new password can be set. Nobody learns here who has an account.
import { html, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { door } from "../ui/door.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";

export class Forgot extends FormElement {
  static override styles = [base, buttons, door, forms];

  /** Where the mail went, if somebody has that address. */
  @state() private sent = "";

  override firstUpdated(): void {
    this.fields[0]?.focus();
  }

  override render(): TemplateResult {
    return html`<main id="main">
      <h1 tabindex="-1">${t(this.sent ? "forgot.sent" : "forgot.title")}</h1>
      ${this.sent
        ? html`<p>${t("forgot.sentText", { email: this.sent })}</p>
            <p class="muted">${t("forgot.sentHint")}</p>`
        : html`<p class="muted">${t("forgot.text")}</p>
            <form novalidate @submit=${this.submit}>
              ${this.complaint()}
              <causerie-field name="email" type="email" autocomplete="username" label=${t("signIn.email")}
                .problem=${this.faults["email"] ?? ""}></causerie-field>
              <button class="button primary" type="submit" ?disabled=${this.busy}>
                ${t(this.busy ? "door.busy" : "forgot.submit")}
              </button>
            </form>`}
      <div class="ways"><a href="/sign-in">${t("door.signIn")}</a></div>
    </main>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const email = this.filled()?.["email"]?.trim();
    if (!email) return;
    if (!(await this.attempt(() => this.client.api.post("/api/auth/forgot", { email })))) return;
    this.sent = email;
    await this.announce();
  }
}

define("causerie-forgot", Forgot);
