import { html, type TemplateResult } from "lit";

import "../chat/chat.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";

export const view = (route: Route, theme: Theme): TemplateResult =>
  html`<causerie-chat .conversation=${(route.page === "chat" && route.conversation) || ""} .theme=${theme}></causerie-chat>`;
