// The link of an invitation into a workspace: accepted by whoever is signed in.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { said } from "../core/said.js";
import { StoreController } from "../core/store.js";
import type { Joined, Me, Options } from "../core/wire.gen.js";
import { door } from "../ui/door.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { isSpent } from "./confirm.js";
import { SecretController } from "./secret.js";
import "./sign-in.js";

export class Invitation extends FormElement {
  static override styles = [
    base,
    buttons,
    door,
    forms,
    css`
      causerie-sign-in {
        margin-block-start: 20px;
      }
    `,
  ];

  @state() private found = "";
  @state() private spent = false;
  @state() private options: Options | undefined;
  private readonly user = new StoreController(this, (value: Me | null | undefined) => value);
  protected readonly secret = new SecretController(this, (secret) => {
    this.found = secret;
    this.spent = false;
    this.problem = "";
  });

  override firstUpdated(): void {
    if (!this.client.user.value) void this.readOptions();
  }

  private async readOptions(): Promise<void> {
    this.options = await this.client.api.get<Options>("/api/auth/options").catch(() => undefined);
  }

  override render(): TemplateResult {
    const user = this.user.follow(this.client.user);
    if (this.spent || !this.found) {
      return html`<main id="main">
        <h1 tabindex="-1">${t("invitation.spent")}</h1>
        <p>${t("invitation.spentText")}</p>
        <div class="ways"><a href="/workspaces">${t("page.workspaces")}</a></div>
      </main>`;
    }
    return html`<main id="main"><h1>${t("invitation.title")}</h1>${user ? this.question(user) : this.stranger()}</main>`;
  }

  private stranger(): TemplateResult {
    return html`<p>${t("invitation.signIn")}</p>
      <p class="muted">${t("invitation.stranger")}</p>
      <causerie-sign-in inside></causerie-sign-in>
      ${this.options?.registration === "open"
        ? html`<div class="ways"><a href="/sign-up">${t("signIn.create")}</a></div>`
        : nothing}`;
  }

  private question(user: Me): TemplateResult {
    return html`<p>${t("invitation.text")}</p>
      <p class="muted">${t("invitation.as", { name: user.email ?? user.name })}</p>
      <form @submit=${this.submit}>
        ${this.complaint()}
        <button class="button primary" type="submit" ?disabled=${this.busy}>${t(this.busy ? "door.busy" : "invitation.submit")}</button>
      </form>
      <div class="ways"><a href="/">${t("invitation.later")}</a></div>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    let joined: Joined | undefined;
    await this.attempt(
      async () => {
        joined = await this.client.api.post<Joined>("/api/invitations/accept", { secret: this.found });
      },
      (error) => {
        this.spent = isSpent(error);
        return said(error);
      },
    );
    if (this.spent) await this.announce();
    if (!joined) return;
    this.tell("navigate", { path: `/workspaces/${joined.workspaceId}`, replace: true });
    this.tell("toast", { text: t("invitation.done") });
  }
}

define("causerie-invitation", Invitation);
