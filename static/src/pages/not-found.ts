import { html, type TemplateResult } from "lit";

import lost from "../../locales/en.lost.json";
import { extend } from "../core/i18n.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import "../ui/lost.js";
import { framed } from "./frame.js";

extend(lost);

export const view = (route: Route, theme: Theme): TemplateResult =>
  framed("not-found", theme, html`<causerie-lost .path=${route.page === "not-found" ? route.path : ""}></causerie-lost>`);
