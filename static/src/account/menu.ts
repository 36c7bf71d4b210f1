// Who is signed in, where one can go, how it should look, and the way out.
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { planName } from "../core/plans.js";
import type { PageName } from "../core/route.js";
import { StoreController } from "../core/store.js";
import { isTheme, type Theme } from "../core/theme.js";
import type { Me } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import "../ui/menu.js";
import type { MenuItem } from "../ui/menu.js";

type Group = "main" | "creator" | "account" | "admin";

export interface Place {
  page: Exclude<PageName, "not-found">;
  href: string;
  icon: NonNullable<MenuItem["icon"]>;
  /** Places of a group stand together; those of `admin` only admins have. */
  group: Group;
}

const PLACES: readonly Place[] = [
  { page: "dashboard", href: "/", icon: "home", group: "main" },
  { page: "chat", href: "/chat", icon: "chat", group: "main" },
  { page: "write", href: "/write", icon: "pencil", group: "main" },
  { page: "fans", href: "/creator/fans", icon: "heart", group: "creator" },
  { page: "captions", href: "/creator/captions", icon: "hash", group: "creator" },
  { page: "sales", href: "/creator/sales", icon: "tag", group: "creator" },
  { page: "insights", href: "/creator/insights", icon: "spark", group: "creator" },
  { page: "usage", href: "/usage", icon: "gauge", group: "account" },
  { page: "presets", href: "/presets", icon: "bookmark", group: "account" },
  { page: "notifications", href: "/notifications", icon: "bell", group: "account" },
  { page: "workspaces", href: "/workspaces", icon: "folder", group: "account" },
  { page: "settings", href: "/settings", icon: "sliders", group: "account" },
  { page: "costs", href: "/admin/costs", icon: "chart", group: "admin" },
  { page: "users", href: "/admin/users", icon: "user", group: "admin" },
  { page: "prices", href: "/admin/prices", icon: "coin", group: "admin" },
  { page: "alerts", href: "/admin/alerts", icon: "alert", group: "admin" },
  { page: "providers", href: "/admin/providers", icon: "screen", group: "admin" },
  { page: "audit", href: "/admin/audit", icon: "list", group: "admin" },
];

/** Where this user can go. */
export const placesFor = (user: Me): readonly Place[] =>
  PLACES.filter(({ group }) => group !== "admin" || user.role === "admin");

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

  /** In the frame of a page, which lists the places itself. */
  @property({ type: Boolean }) compact = false;
  @property() theme: Theme = "system";
  private readonly user = new StoreController(this, (value: Me | null | undefined) => value);
  private readonly unread = new StoreController(this, (value: number) => value);

  override render(): TemplateResult {
    const user = this.user.follow(this.client.user);
    if (!user) return html``;
    const name = user.name || user.email || user.id;
    return html`<causerie-menu label=${t("account.label")} .items=${this.items(user)}
      @causerie-choose=${this.chosen}>
      <button slot="trigger" class="quiet trigger" type="button">
        <span class="badge" aria-hidden="true">${[...name][0]}</span>
        <span class="unseen">${t("account.label")}: </span>
        <span class="name">${name}</span>
      </button>
      <div slot="head" class="head">
        <strong>${name}</strong>
        ${user.name && user.email ? html`<span class="muted">${user.email}</span>` : ""}
        <span class="muted">${user.role === "admin" ? `${t("account.admin")}, ` : ""}${t("account.plan", { plan: planName(user.plan) })}</span>
      </div>
    </causerie-menu>`;
  }

  private items(user: Me): MenuItem[] {
    const unread = this.unread.follow(this.client.unread);
    const places = this.compact ? [] : placesFor(user);
    const theme = (id: Theme, label: string, name: "screen" | "sun" | "moon"): MenuItem => ({
      id,
      label,
      icon: name,
      checked: this.theme === id,
    });
    return [
      ...places.map(({ page, href, icon, group }, index, places) => ({
        id: page,
        label: t(`page.${page}`) + (page === "notifications" && unread ? ` (${unread})` : ""),
        icon,
        href,
        apart: index > 0 && places[index - 1]?.group !== group,
      })),
      { ...theme("system", t("account.system"), "screen"), apart: places.length > 0 },
      theme("light", t("account.light"), "sun"),
      theme("dark", t("account.dark"), "moon"),
      { id: "out", label: t("account.out"), icon: "out", apart: true, stays: true },
    ];
  }

  private chosen(event: CustomEvent<string>): void {
    event.stopPropagation();
    if (event.detail === "out") this.tell("sign-out");
    else if (isTheme(event.detail)) this.tell("theme", event.detail);
  }
}

define("causerie-account", AccountMenu);
