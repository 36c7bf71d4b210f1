import { html, type TemplateResult } from "lit";

import "../account/presets.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { framed } from "./frame.js";

export const view = (_route: Route, theme: Theme): TemplateResult => framed("presets", theme, html`<causerie-presets></causerie-presets>`);
