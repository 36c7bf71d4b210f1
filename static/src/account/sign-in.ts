// Signing in, by password or by a link whose secret stands in the fragment.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { Problem } from "../core/api.js";
import { t } from "../core/i18n.js";
import type { Options } from "../core/wire.gen.js";
import { door } from "../ui/door.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { SecretController } from "./secret.js";

export class SignIn extends FormElement {
  static override styles = [
    base,
    buttons,
    door,
    forms,
    css`
      :host([inside]) {
        min-block-size: 0;
        padding: 0;
        background: none;
      }
      .inside {
        inline-size: min(340px, 100%);
      }
      .ways {
        min-block-size: 29px;
      }
      @media (pointer: coarse) {
        .ways {
          min-block-size: 41px;
        }
      }
    `,
  ];

  /** In a dialog over a page: no heading of its own, no landmark. */
  @property({ type: Boolean, reflect: true }) inside = false;
  @state() private byLink = false;
  /** What else this server offers to whoever has no account or no password. */
  @state() private options: Options | undefined;
  protected readonly secret = new SecretController(
    this,
    (link) => void this.submit({ link }),
    () => !this.inside,
  );

  override firstUpdated(): void {
    if (!this.byLink) this.fields[0]?.focus();
    if (!this.inside) void this.readOptions();
  }

  private async readOptions(): Promise<void> {
    // Without an answer there is still the form.
    this.options = await this.client.api.get<Options>("/api/auth/options").catch(() => undefined);
  }

  override render(): TemplateResult {
    const inner = this.byLink && this.busy ? html`<p role="status">${t("signIn.link")}</p>` : this.form();
    return this.inside
      ? html`<div class="inside">${inner}</div>`
      : html`<main id="main"><h1>${t("signIn.title")}</h1>${inner}</main>`;
  }

  private form(): TemplateResult {
    return html`<form novalidate @submit=${this.byPassword}>
        ${this.complaint()}
        <causerie-field name="email" type="email" autocomplete="username" label=${t("signIn.email")}
          .problem=${this.faults["email"] ?? ""}></causerie-field>
        <causerie-field name="password" type="password" autocomplete="current-password" label=${t("signIn.password")}
          .problem=${this.faults["password"] ?? ""}></causerie-field>
        <button class="button primary" type="submit" ?disabled=${this.busy}>
          ${this.busy ? t("signIn.busy") : t("signIn.submit")}
        </button>
      </form>
      ${this.inside
        ? nothing
        : html`<div class="ways">
              ${this.options?.registration === "open" ? html`<a href="/sign-up">${t("signIn.create")}</a>` : nothing}
              ${this.options?.mail ? html`<a href="/forgot">${t("signIn.forgot")}</a>` : nothing}
            </div>
            <p class="hint">${t("signIn.hint")}</p>`}`;
  }

  private async byPassword(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (values) await this.submit({ email: values["email"]?.trim(), password: values["password"] });
  }

  private async submit(body: { link: string } | { email: string | undefined; password: string | undefined }): Promise<void> {
    this.byLink = "link" in body;
    const done = await this.attempt(
      async () => {
        await this.client.api.post("/api/auth/sign-in", body);
        await this.client.identify();
      },
      (error) => words(this.byLink, error),
    );
    if (done) this.tell("signed-in");
    else if (this.byLink) {
      // The form takes the place of what was waited for.
      await this.updateComplete;
      this.fields[0]?.focus();
    }
  }
}

function words(byLink: boolean, error: unknown): string {
  if (!(error instanceof Problem)) return t("error.internal");
  if (error.code === "network") return t("signIn.network");
  if (error.code === "rate_limited") return t("signIn.throttled", { count: Math.ceil(error.retryAfter ?? 1) });
  if (error.retryable || error.status === 403) return error.message;
  return t(byLink ? "signIn.linkBad" : "signIn.wrong");
}

define("causerie-sign-in", SignIn);
