// Who is signed in, where one can go, how it should look, and the way out.
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { PageName } from "../core/route.js";
import { StoreController } from "../core/store.js";
import { isTheme, type Theme } from "../core/theme.js";
import type { Me } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import "../ui/menu.js";
import type { MenuItem } from "../ui/menu.js";

interface Place {
  page: Exclude<PageName, "not-found">;
  href: string;
  icon: NonNullable<MenuItem["icon"]>;
  /** Only admins have it. */
  admin?: boolean;
}

const PLACES: readonly Place[] = [
  { page: "chat", href: "/chat", icon: "chat" },
  { page: "workspaces", href: "/workspaces", icon: "folder" },
  { page: "notifications", href: "/notifications", icon: "bell" },
  { page: "settings", href: "/settings", icon: "sliders" },
  { page: "keys", href: "/settings/keys", icon: "key" },
  { page: "costs", href: "/admin/costs", icon: "chart", admin: true },
  { page: "users", href: "/admin/users", icon: "user", admin: true },
  { page: "audit", href: "/admin/audit", icon: "list", admin: true },
];

/** Where this user can go. */
export const placesFor = (user: Me): readonly Place[] =>
  PLACES.filter((place) => !place.admin || user.role === "admin");

export class AccountMenu extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      causerie-menu {
        display: block;
      }
      .trigger {
        inline-size: 100%;
        min-inline-size: 0;
        min-block-size: 36px;
        justify-content: start;
        gap: 10px;
        color: var(--text);
        text-align: start;
      }
      .badge {
        display: grid;
        place-items: center;
        flex: none;
        inline-size: 26px;
        block-size: 26px;
        border-radius: 50%;
        background: var(--accent-soft);
        color: var(--accent);
        font-size: 12px;
        font-weight: 600;
        text-transform: uppercase;
      }
      .name {
        min-inline-size: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .head {
        display: grid;
        padding: 6px 10px 10px;
        font-size: 13px;
        border-block-end: 1px solid var(--line);
        margin-block-end: 6px;
        overflow-wrap: anywhere;
      }
      .head strong {
        font-size: 15px;
        font-weight: 600;
      }
    `,
  ];

  @property({ type: Boolean }) compact = false;
  @property() theme: Theme = "system";
  private readonly user = new StoreController(this, (value: Me | null | undefined) => value);
  private readonly unread = new StoreController(this, (value: number) => value);

  override render(): TemplateResult {
    const user = this.user.follow(this.client.user);
    if (!user) return html``;
    const name = user.name || user.email || user.id;
    return html`<causerie-menu label=${t("account.label")} align=${this.compact ? "end" : "start"} .items=${this.items(user)}
      @causerie-choose=${this.chosen}>
      <button slot="trigger" class="quiet trigger" type="button">
        <span class="badge" aria-hidden="true">${[...name][0]}</span>
        <span class="unseen">${t("account.label")}: </span>
        <span class=${this.compact ? "unseen" : "name"}>${name}</span>
      </button>
      <div slot="head" class="head">
        <strong>${name}</strong>
        ${user.name && user.email ? html`<span class="muted">${user.email}</span>` : ""}
        <span class="muted">${user.role === "admin" ? `${t("account.admin")}, ` : ""}${t("account.plan", { plan: user.plan })}</span>
      </div>
    </causerie-menu>`;
  }

  private items(user: Me): MenuItem[] {
    const unread = this.unread.follow(this.client.unread);
    const theme = (id: Theme, label: string, name: "screen" | "sun" | "moon"): MenuItem => ({
      id,
      label,
      icon: name,
      checked: this.theme === id,
    });
    return [
      ...placesFor(user).map(({ page, href, icon, admin }, index, places) => ({
        id: page,
        label: t(`page.${page}`) + (page === "notifications" && unread ? ` (${unread})` : ""),
        icon,
        href,
        apart: !!admin && !places[index - 1]?.admin,
      })),
      { ...theme("system", t("account.system"), "screen"), apart: true },
      theme("light", t("account.light"), "sun"),
      theme("dark", t("account.dark"), "moon"),
      { id: "out", label: t("account.out"), icon: "out", apart: true },
    ];
  }

  private chosen(event: CustomEvent<string>): void {
    event.stopPropagation();
    if (event.detail === "out") this.tell("sign-out");
    else if (isTheme(event.detail)) this.tell("theme", event.detail);
  }
}

define("causerie-account", AccountMenu);
