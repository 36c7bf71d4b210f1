import { html, type TemplateResult } from "lit";

import "../account/settings.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { inSettings } from "./settings-frame.js";

export const view = (_route: Route, theme: Theme): TemplateResult => inSettings("settings", theme, html`<causerie-settings></causerie-settings>`);
