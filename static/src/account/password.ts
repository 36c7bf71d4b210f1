// Changing the password, knowing the present one. It signs every other device out.
import { html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { sections } from "../ui/page.js";

export class Password extends FormElement {
  static override styles = [base, buttons, forms, sections];

  /** Whether a link can be mailed to whoever does not know the present one. */
  @property({ type: Boolean }) mail = false;

  override render(): TemplateResult {
    const user = this.client.user.value;
    return html`<section aria-labelledby="heading">
      <h2 id="heading">${t("password.title")}</h2>
      <p class="muted">${t(user?.hasPassword ? "password.text" : user?.externalId ? "password.elsewhere" : "password.none")}</p>
      ${user?.hasPassword ? this.form() : nothing}
      ${this.mail && !user?.externalId
        ? html`<p class="more"><a href="/forgot">${t(user?.hasPassword ? "signIn.forgot" : "password.link")}</a></p>`
        : nothing}
    </section>`;
  }

  private form(): TemplateResult {
    return html`<form class="stack" novalidate @submit=${this.submit}>
      ${this.complaint()}
      <causerie-field name="current" type="password" autocomplete="current-password" maxlength="200" label=${t("password.current")}
        .problem=${this.faults["current"] ?? ""}></causerie-field>
      <causerie-field name="password" type="password" autocomplete="new-password" least="8" maxlength="200"
        label=${t("reset.password")} hint=${t("password.hint")} .problem=${this.faults["password"] ?? ""}></causerie-field>
      <button class="button" type="submit" ?disabled=${this.busy}>${t("password.submit")}</button>
    </form>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    const body = { current: values["current"], password: values["password"] };
    if (!(await this.attempt(() => this.client.api.post("/api/auth/password", body)))) return;
    for (const field of this.fields) field.value = "";
    this.tell("toast", { text: t("password.done") });
    this.tell("changed");
  }
}

define("causerie-password", Password);
