// Writing and the creator's tools: each a form, an answer as it is made, and what was made before.
import { html, type TemplateResult } from "lit";

import "../creator/captions.js";
import "../creator/fans.js";
import "../creator/insights.js";
import "../creator/sales.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import "../studio/write.js";
import { framed } from "./frame.js";

export function view(route: Route, theme: Theme): TemplateResult {
  switch (route.page) {
    case "write":
      return framed(route.page, theme, html`<causerie-write preset=${new URLSearchParams(location.search).get("preset") ?? ""}></causerie-write>`);
    case "captions":
      return framed(route.page, theme, html`<causerie-captions></causerie-captions>`);
    case "sales":
      return framed(route.page, theme, html`<causerie-sales></causerie-sales>`);
    case "insights":
      return framed(route.page, theme, html`<causerie-insights></causerie-insights>`);
    default:
      return framed("fans", theme, html`<causerie-fans></causerie-fans>`);
  }
}
