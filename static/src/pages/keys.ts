import { html, type TemplateResult } from "lit";

import "../account/keys.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { inSettings } from "./settings-frame.js";

export const view = (_route: Route, theme: Theme): TemplateResult => inSettings("keys", theme, html`<causerie-keys></causerie-keys>`);
