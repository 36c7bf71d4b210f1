// The sections of the settings that are beside the account itself.
import { html, type TemplateResult } from "lit";

import settings from "../../locales/en.settings.json";
import "../account/appearance.js";
import "../account/custom-agents.js";
import "../account/quick-replies.js";
import "../account/reports.js";
import "../account/shortcuts.js";
import "../account/voice.js";
import { extend } from "../core/i18n.js";
import type { PageName, Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import { inSettings } from "./settings-frame.js";

extend(settings);

const section = (page: PageName, theme: Theme): TemplateResult => {
  switch (page) {
    case "voice":
      return html`<causerie-voice></causerie-voice>`;
    case "agents":
      return html`<causerie-custom-agents></causerie-custom-agents>`;
    case "replies":
      return html`<causerie-quick-replies></causerie-quick-replies>`;
    case "reports":
      return html`<causerie-reports></causerie-reports>`;
    case "shortcuts":
      return html`<causerie-shortcuts></causerie-shortcuts>`;
    default:
      return html`<causerie-appearance .theme=${theme}></causerie-appearance>`;
  }
};

export const view = ({ page }: Route, theme: Theme): TemplateResult => inSettings(page, theme, section(page, theme));
