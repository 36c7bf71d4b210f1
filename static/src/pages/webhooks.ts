import { html, type TemplateResult } from "lit";

import hooks from "../../locales/en.hooks.json";
import "../account/hooks.js";
import { extend } from "../core/i18n.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { inSettings } from "./settings-frame.js";

extend(hooks);

export const view = (_route: Route, theme: Theme): TemplateResult => inSettings("webhooks", theme, html`<causerie-hooks></causerie-hooks>`);
