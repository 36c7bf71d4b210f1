// The page of live costs and the frame it stands in, as one chunk.
import { html, type TemplateResult } from "lit";

import costs from "../../locales/en.costs.json";
import "../admin/live-costs.js";
import { extend } from "../core/i18n.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import "./shell.js";

extend(costs);

export const view = (_route: Route, theme: Theme): TemplateResult =>
  html`<causerie-shell page="costs" .theme=${theme}><causerie-live-costs></causerie-live-costs></causerie-shell>`;
