// Signing in, by password or by a link whose secret stands in the fragment.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { Problem } from "../core/api.js";
import { t } from "../core/i18n.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import "../ui/field.js";

/** Takes the secret out of the address, so that neither history nor a screenshot keeps it. */
export function takeSecret(): string | undefined {
  const secret = location.hash.slice(1);
  if (!secret) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  return secret;
}

export class SignIn extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        place-items: center;
        min-block-size: 100dvh;
        padding: 24px 16px;
        background: var(--canvas);
      }
      :host([inside]) {
        min-block-size: 0;
        padding: 0;
        background: none;
      }
      main,
      .inside {
        inline-size: min(340px, 100%);
      }
      h1 {
        margin-block-end: 24px;
        font-size: 22px;
        font-weight: 600;
        letter-spacing: -0.01em;
      }
      form {
        display: grid;
        gap: 16px;
      }
      .button {
        inline-size: 100%;
        block-size: 40px;
        margin-block-start: 4px;
      }
      .hint {
        margin-block-start: 20px;
        font-size: 13px;
        color: var(--muted);
      }
      .problem {
        padding: 10px 12px;
        border-inline-start: 3px solid var(--bad);
        background: var(--bad-soft);
        font-size: 14px;
      }
      @media (pointer: coarse) {
        .button {
          block-size: 44px;
        }
      }
    `,
  ];

  /** In a dialog over a page: no heading of its own, no landmark. */
  @property({ type: Boolean, reflect: true }) inside = false;
  @state() private busy: "" | "form" | "link" = "";
  @state() private problem = "";
  @state() private missing: readonly string[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("hashchange", this.followLink);
  }

  override disconnectedCallback(): void {
    removeEventListener("hashchange", this.followLink);
    super.disconnectedCallback();
  }

  /** A link pasted into the tab that shows this page changes the fragment only. */
  private readonly followLink = (): boolean => {
    const secret = this.inside ? undefined : takeSecret();
    if (secret) void this.byLink(secret);
    return secret !== undefined;
  };

  override firstUpdated(): void {
    if (!this.followLink()) this.renderRoot.querySelector<HTMLElement>("causerie-field")?.focus();
  }

  override render(): TemplateResult {
    const inner = html`
      ${this.busy === "link"
        ? html`<p role="status">${t("signIn.link")}</p>`
        : html`<form novalidate @submit=${this.byPassword}>
            ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
            <causerie-field name="email" type="email" autocomplete="username" label=${t("signIn.email")}
              .problem=${this.missing.includes("email") ? t("signIn.missing") : ""}></causerie-field>
            <causerie-field name="password" type="password" autocomplete="current-password" label=${t("signIn.password")}
              .problem=${this.missing.includes("password") ? t("signIn.missing") : ""}></causerie-field>
            <button class="button primary" type="submit" ?disabled=${this.busy !== ""}>
              ${this.busy ? t("signIn.busy") : t("signIn.submit")}
            </button>
          </form>
          ${this.inside ? nothing : html`<p class="hint">${t("signIn.hint")}</p>`}`}
    `;
    return this.inside
      ? html`<div class="inside">${inner}</div>`
      : html`<main id="main"><h1>${t("signIn.title")}</h1>${inner}</main>`;
  }

  private async byPassword(event: Event): Promise<void> {
    event.preventDefault();
    const fields = [...this.renderRoot.querySelectorAll("causerie-field")];
    const values = Object.fromEntries(fields.map((field) => [field.name, field.value]));
    this.missing = fields.filter((field) => !field.value.trim()).map((field) => field.name);
    if (this.missing.length) {
      fields.find((field) => field.name === this.missing[0])?.focus();
      return;
    }
    await this.submit("form", { email: values["email"]?.trim(), password: values["password"] });
  }

  private byLink(secret: string): Promise<void> {
    return this.submit("link", { link: secret });
  }

  private async submit(how: "form" | "link", body: Record<string, unknown>): Promise<void> {
    this.busy = how;
    this.problem = "";
    try {
      await this.client.api.post("/api/auth/sign-in", body);
      await this.client.identify();
      this.tell("signed-in");
    } catch (error) {
      this.problem = words(how, error);
    } finally {
      this.busy = "";
    }
  }
}

function words(how: "form" | "link", error: unknown): string {
  if (!(error instanceof Problem)) return t("error.internal");
  if (error.code === "network") return t("signIn.network");
  if (error.code === "rate_limited") return t("signIn.throttled", { count: Math.ceil(error.retryAfter ?? 1) });
  if (error.retryable) return error.message;
  return how === "link" ? t("signIn.linkBad") : t("signIn.wrong");
}

define("causerie-sign-in", SignIn);
