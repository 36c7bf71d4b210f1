// The pages in front of the product: signing in and up, what links in mails lead to, and asking for them.
import { html, type TemplateResult } from "lit";

import account from "../../locales/en.account.json";
import doors from "../../locales/en.doors.json";
import "../account/confirm.js";
import "../account/forgot.js";
import "../account/invitation.js";
import "../account/reset.js";
import "../account/sign-in.js";
import "../account/sign-up.js";
import { extend } from "../core/i18n.js";
import type { Route } from "../core/route.js";

extend(account);
extend(doors);

export function view(route: Route): TemplateResult {
  switch (route.page) {
    case "sign-in":
      return html`<causerie-sign-in></causerie-sign-in>`;
    case "sign-up":
      return html`<causerie-sign-up></causerie-sign-up>`;
    case "forgot":
      return html`<causerie-forgot></causerie-forgot>`;
    case "confirm":
      return html`<causerie-confirm></causerie-confirm>`;
    case "reset":
      return html`<causerie-reset></causerie-reset>`;
    default:
      return html`<causerie-invitation></causerie-invitation>`;
  }
}
