// What stands around every section of the settings: the way to the others.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { PageName } from "../core/route.js";
import { base, CauserieElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import "./settings-nav.js";

export class SettingsFrame extends CauserieElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: 236px minmax(0, 860px);
        justify-content: center;
      }
      .side {
        position: sticky;
        inset-block-start: 0;
        align-self: start;
        max-block-size: 100dvh;
        padding: 36px 0 24px 16px;
        overflow-y: auto;
        scrollbar-width: thin;
      }
      ::slotted(*) {
        inline-size: 100%;
      }
      .back {
        display: none;
      }
      @media (max-width: 900px) {
        :host {
          display: block;
        }
        .side {
          display: none;
        }
        .back {
          display: inline-flex;
          align-items: center;
          gap: 4px;
          min-block-size: 44px;
          padding-inline: 12px 16px;
          margin-block: 4px -28px;
          color: var(--accent);
          text-decoration: none;
        }
        :dir(rtl) svg {
          transform: scaleX(-1);
        }
      }
    `,
  ];

  @property() page: PageName = "settings";

  override render(): TemplateResult {
    return html`<div class="side"><causerie-settings-nav page=${this.page}></causerie-settings-nav></div>
      ${this.page === "settings" ? nothing : html`<a class="back" href="/settings">${icon("left", 16)}${t("page.settings")}</a>`}
      <slot></slot>`;
  }
}

define("causerie-settings-frame", SettingsFrame);
