// The link of a confirmation mail. It is pressed, not merely opened: mail filters open links too,
// and would use this one up.
import { html, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { Problem } from "../core/api.js";
import { t } from "../core/i18n.js";
import { said } from "../core/said.js";
import { door } from "../ui/door.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { SecretController } from "./secret.js";

/** Whether an answer says that the link itself is of no use any more. */
export const isSpent = (error: unknown): boolean =>
  error instanceof Problem && ([401, 404, 410].includes(error.status) || error.path === "$.secret");

export class Confirm extends FormElement {
  static override styles = [base, buttons, door, forms];

  @state() private found = "";
  @state() private spent = false;
  protected readonly secret = new SecretController(this, (secret) => {
    this.found = secret;
    this.spent = false;
    this.problem = "";
  });

  override render(): TemplateResult {
    if (this.spent || !this.found) {
      return html`<main id="main">
        <h1 tabindex="-1">${t("confirm.spent")}</h1>
        <p>${t("confirm.spentText")}</p>
        <div class="ways"><a href="/sign-in">${t("door.signIn")}</a><a href="/sign-up">${t("confirm.again")}</a></div>
      </main>`;
    }
    return html`<main id="main">
      <h1>${t("confirm.title")}</h1>
      <p class="muted">${t("confirm.text")}</p>
      <form @submit=${this.submit}>
        ${this.complaint()}
        <button class="button primary" type="submit" ?disabled=${this.busy}>${t(this.busy ? "door.busy" : "confirm.submit")}</button>
      </form>
    </main>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const done = await this.attempt(
      async () => {
        await this.client.api.post("/api/auth/confirm", { secret: this.found });
        await this.client.identify();
      },
      (error) => {
        this.spent = isSpent(error);
        return said(error);
      },
    );
    if (this.spent) await this.announce();
    if (!done) return;
    this.tell("navigate", { path: "/", replace: true });
    this.tell("toast", { text: t("confirm.done") });
  }
}

define("causerie-confirm", Confirm);
