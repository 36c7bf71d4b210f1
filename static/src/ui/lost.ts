// An address that names no page.
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { base, buttons, CauserieElement, define } from "./element.js";
import { icon } from "./icon.js";

export class Lost extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        padding: 64px 24px;
        max-inline-size: 560px;
        margin-inline: auto;
      }
      h1 {
        margin-block-end: 8px;
        font-size: 22px;
        font-weight: 600;
      }
      p {
        margin-block-end: 20px;
        overflow-wrap: anywhere;
      }
      .deeds {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      @media (max-width: 720px) {
        :host {
          padding-inline: 16px;
        }
      }
    `,
  ];

  @property() path = "";

  override render(): TemplateResult {
    return html`<h1>${t("notFound.title")}</h1>
      <p class="muted">${t("notFound.text", { path: this.path })}</p>
      <p class="deeds">
        <button class="button" type="button" aria-haspopup="dialog" @click=${() => this.tell("search")}>
          ${icon("search")}${t("sidebar.search")}
        </button>
        <a class="button" href="/">${t("notFound.back")}</a>
      </p>`;
  }
}

define("causerie-lost", Lost);
