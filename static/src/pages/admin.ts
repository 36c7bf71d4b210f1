// What admins see beside live costs: users, how providers do, and the audit log.
import { html, type TemplateResult } from "lit";

import admin from "../../locales/en.admin.json";
import "../admin/audit.js";
import "../admin/providers.js";
import "../admin/user.js";
import "../admin/users.js";
import { extend } from "../core/i18n.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { framed } from "./frame.js";

extend(admin);

export function view(route: Route, theme: Theme): TemplateResult {
  if (route.page === "audit") return framed("audit", theme, html`<causerie-audit .query=${location.search}></causerie-audit>`);
  if (route.page === "providers") return framed("providers", theme, html`<causerie-providers .query=${location.search}></causerie-providers>`);
  return framed(
    "users",
    theme,
    route.page === "user" ? html`<causerie-user .userId=${route.id}></causerie-user>` : html`<causerie-users></causerie-users>`,
  );
}
