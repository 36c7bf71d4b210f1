// Incidents, pauses and rules, for admins.
import { html, type TemplateResult } from "lit";

import alerts from "../../locales/en.alerts.json";
import "../admin/alert-history.js";
import { extend } from "../core/i18n.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { framed } from "./frame.js";

extend(alerts);

export const view = (_route: Route, theme: Theme): TemplateResult =>
  framed("alerts", theme, html`<causerie-alert-history .query=${location.search}></causerie-alert-history>`);
