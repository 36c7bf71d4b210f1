// Prices of models, for admins.
import { html, type TemplateResult } from "lit";

import prices from "../../locales/en.prices.json";
import "../admin/prices.js";
import { extend } from "../core/i18n.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { framed } from "./frame.js";

extend(prices);

export const view = (_route: Route, theme: Theme): TemplateResult => framed("prices", theme, html`<causerie-prices></causerie-prices>`);
