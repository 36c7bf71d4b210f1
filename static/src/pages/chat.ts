import { html, type TemplateResult } from "lit";

import "../chat/chat.js";
import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";

/** What an address such as `/chat?preset=…` asks for. */
const asked = (name: string): string => new URLSearchParams(location.search).get(name) ?? "";

export const view = (route: Route, theme: Theme): TemplateResult =>
  html`<causerie-chat .conversation=${(route.page === "chat" && route.conversation) || ""} .theme=${theme}
    .agent=${asked("agent")} .preset=${asked("preset")}></causerie-chat>`;
