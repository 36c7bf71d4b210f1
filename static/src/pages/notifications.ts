import { html, type TemplateResult } from "lit";

import notices from "../../locales/en.notices.json";
import "../account/notifications.js";
import { extend } from "../core/i18n.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { framed } from "./frame.js";

extend(notices);

export const view = (_route: Route, theme: Theme): TemplateResult =>
  framed("notifications", theme, html`<causerie-notifications></causerie-notifications>`);
