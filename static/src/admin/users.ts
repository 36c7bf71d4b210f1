// Everybody who has an account: found by name, address or id; and a new one made.
import { css, html, nothing, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { usd } from "../core/money.js";
import { planName } from "../core/plans.js";
import { full } from "../core/time.js";
import type { UserCreated, UserListed, UserPage, UserView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { ListLoader } from "../ui/loader.js";
import "../ui/once.js";
import { pages, sections } from "../ui/page.js";
import "../ui/select.js";

/** Letters typed in one go are one search. */
const PAUSE_MS = 250;

export class Users extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    pages,
    css`
      .top {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        align-items: center;
        gap: 8px 24px;
        margin-block-end: 8px;
      }
      .top h1 {
        margin: 0;
      }
      .new {
        margin-block-start: 24px;
        padding: 20px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
      }
      .new .problem {
        margin-block-start: 12px;
      }
      .row a {
        font-weight: 500;
        color: inherit;
      }
      search {
        margin-block-start: 24px;
      }
      search.line > causerie-select {
        flex: 1 1 140px;
        max-inline-size: 200px;
        min-inline-size: 140px;
      }
      .plan,
      .spent {
        color: var(--muted);
        font-size: 14px;
      }
      .spent {
        min-inline-size: 16ch;
        text-align: end;
      }
      @media (max-width: 720px) {
        .row .what {
          flex-basis: 100%;
        }
        .spent {
          flex: 1;
        }
      }
    `,
  ];

  @state() private making = false;
  @state() private made: UserCreated | undefined;
  @query("#search") private search!: HTMLElementTagNameMap["causerie-field"];
  private pause: ReturnType<typeof setTimeout> | undefined;
  private readonly filters = new Map<"q" | "role" | "suspended", string>();
  private readonly list = new ListLoader<UserListed>(this, (cursor) => {
    const asked = new URLSearchParams([...this.filters]);
    if (cursor) asked.set("cursor", cursor);
    return this.client.api.get<UserPage>(`/api/admin/users?${asked}`);
  });

  override render(): TemplateResult {
    return html`
      <div class="top">
        <h1>${t("users.title")}</h1>
        <button class="button" type="button" aria-expanded=${String(this.making)} @click=${this.toggle}>${t("users.new")}</button>
      </div>
      <p class="muted lead">${t("users.text")}</p>
      ${this.making ? this.form() : nothing}
      ${this.made
        ? html`<causerie-once heading=${t("users.made", { name: this.made.name })} .value=${this.made.signInLink.url}
            copy=${t("users.copyLink")} note=${t("users.linkNote", { at: full(this.made.signInLink.expiresAt, locale()) })}></causerie-once>`
        : nothing}
      <search class="line">
        <causerie-field id="search" name="q" optional maxlength="300" label=${t("users.search")} @input=${this.typed}></causerie-field>
        <causerie-select label=${t("users.role")} @causerie-change=${(event: CustomEvent<string>) => this.narrow("role", event.detail)}
          .choices=${[
            { id: "", label: t("users.anyRole") },
            { id: "user", label: t("users.role.user") },
            { id: "admin", label: t("users.role.admin") },
          ]}></causerie-select>
        <causerie-select label=${t("users.state")} @causerie-change=${(event: CustomEvent<string>) => this.narrow("suspended", event.detail)}
          .choices=${[
            { id: "", label: t("users.anyState") },
            { id: "false", label: t("users.active") },
            { id: "true", label: t("users.suspended") },
          ]}></causerie-select>
      </search>
      ${this.list.render(({ items }) =>
        items.length
          ? html`<ul class="rows">${items.map((user) => this.row(user))}</ul>${this.list.rest()}`
          : html`<p class="muted rows">${t("users.none")}</p>`,
      )}
    `;
  }

  private form(): TemplateResult {
    return html`<form class="new" novalidate @submit=${this.create}>
      <h2>${t("users.new")}</h2>
      <div class="line">
        <causerie-field name="email" type="email" label=${t("signIn.email")} .problem=${this.faults["email"] ?? ""}></causerie-field>
        <causerie-field name="name" optional maxlength="100" label=${t("signUp.name")} .problem=${this.faults["name"] ?? ""}></causerie-field>
        <button class="button primary" type="submit" ?disabled=${this.busy}>${t("users.create")}</button>
      </div>
      ${this.complaint()}
    </form>`;
  }

  private row(user: UserListed): TemplateResult {
    const address = user.issuer ? t("users.of", { id: user.externalId ?? "", issuer: user.issuer }) : (user.email ?? "");
    return html`<li class="row">
      <div class="what">
        <a href=${`/admin/users/${user.id}`} dir="auto">${user.name || user.email || user.externalId || user.id}</a>${tags(user)}
        <small>${address}</small>
      </div>
      <span class="plan">${t("account.plan", { plan: planName(user.plan) })}</span>
      <span class="spent figure">${t("users.spent", { usd: usd(user.spentUsd, locale()) })}</span>
    </li>`;
  }

  private async toggle(): Promise<void> {
    this.making = !this.making;
    this.made = undefined;
    await this.updateComplete;
    if (this.making) this.renderRoot.querySelector<HTMLElement>("form causerie-field")?.focus();
  }

  private typed(): void {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.narrow("q", this.search.value.trim()), PAUSE_MS);
  }

  private narrow(name: "q" | "role" | "suspended", value: string): void {
    if (value) this.filters.set(name, value);
    else this.filters.delete(name);
    void this.list.load();
  }

  private async create(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    const name = values["name"]?.trim();
    const body = { email: values["email"]?.trim(), ...(name ? { name } : {}) };
    const done = await this.attempt(async () => {
      this.made = await this.client.api.post<UserCreated>("/api/admin/users", body);
    });
    if (!done) return;
    this.making = false;
    await this.list.load();
  }
}

/** What is out of the ordinary about somebody. */
export function tags(user: Pick<UserView, "role" | "suspendedAt" | "deletionRequestedAt">): TemplateResult {
  return html`${user.role === "admin" ? html` <span class="tag good">${t("account.admin")}</span>` : nothing}${user.suspendedAt
    ? html` <span class="tag warn">${t("users.suspended")}</span>`
    : nothing}${user.deletionRequestedAt ? html` <span class="tag bad">${t("users.leaving")}</span>` : nothing}`;
}

define("causerie-users", Users);
