// The frame that most pages stand in, and the texts of accounts that several of them share.
import { html, type TemplateResult } from "lit";

import account from "../../locales/en.account.json";
import { extend } from "../core/i18n.js";
import type { PageName } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import "./shell.js";

extend(account);

export const framed = (page: PageName, theme: Theme, content: TemplateResult): TemplateResult =>
  html`<causerie-shell page=${page} .theme=${theme}>${content}</causerie-shell>`;
