// The dashboard and the page of usage: both show what is left and what was spent.
import { html, type TemplateResult } from "lit";

import dashboard from "../../locales/en.dashboard.json";
import notices from "../../locales/en.notices.json";
import "../account/dashboard.js";
import "../account/usage.js";
import { extend } from "../core/i18n.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { framed } from "./frame.js";

extend(notices);
extend(dashboard);

export const view = ({ page }: Route, theme: Theme): TemplateResult =>
  page === "usage"
    ? framed("usage", theme, html`<causerie-usage home></causerie-usage>`)
    : framed("dashboard", theme, html`<causerie-dashboard></causerie-dashboard>`);
