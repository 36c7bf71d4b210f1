// A new password, by the secret of a link that was mailed.
import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { said } from "../core/said.js";
import { door } from "../ui/door.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { isSpent } from "./confirm.js";
import { SecretController } from "./secret.js";

export class Reset extends FormElement {
  static override styles = [base, buttons, door, forms];

  @state() private found = "";
  @state() private stage: "asking" | "spent" | "done" = "asking";
  protected readonly secret = new SecretController(this, (secret) => {
    this.found = secret;
    this.stage = "asking";
    this.problem = "";
  });

  override firstUpdated(): void {
    this.fields[0]?.focus();
  }

  override render(): TemplateResult {
    const stage = this.found ? this.stage : "spent";
    return html`<main id="main">
      <h1 tabindex="-1">${t(stage === "asking" ? "reset.title" : stage === "done" ? "reset.done" : "reset.spent")}</h1>
      ${stage === "asking"
        ? this.form()
        : html`<p>${t(stage === "done" ? "reset.doneText" : "reset.spentText")}</p>
            <div class="ways"><a href="/sign-in">${t("door.signIn")}</a>
              ${stage === "spent" ? html`<a href="/forgot">${t("reset.again")}</a>` : nothing}</div>`}
    </main>`;
  }

  private form(): TemplateResult {
    return html`<form novalidate @submit=${this.submit}>
      ${this.complaint()}
      <causerie-field name="password" type="password" autocomplete="new-password" least="8" maxlength="200" label=${t("reset.password")}
        hint=${t("password.hint")} .problem=${this.faults["password"] ?? ""}></causerie-field>
      <p class="muted">${t("reset.text")}</p>
      <button class="button primary" type="submit" ?disabled=${this.busy}>${t(this.busy ? "door.busy" : "reset.submit")}</button>
    </form>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    const done = await this.attempt(
      () => this.client.api.post("/api/auth/reset", { secret: this.found, password: values["password"] }),
      (error) => {
        if (isSpent(error)) this.stage = "spent";
        return said(error);
      },
    );
    if (done) {
      this.stage = "done";
      this.client.user.set(null);
    }
    if (this.stage !== "asking") await this.announce();
  }
}

define("causerie-reset", Reset);
