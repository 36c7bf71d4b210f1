// The frame of the settings, inside that of every page.
import { html, type TemplateResult } from "lit";

import "../account/settings-frame.js";
import type { PageName } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { framed } from "./frame.js";

export const inSettings = (page: PageName, theme: Theme, content: TemplateResult): TemplateResult =>
  framed("settings", theme, html`<causerie-settings-frame page=${page}>${content}</causerie-settings-frame>`);
