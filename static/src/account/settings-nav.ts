// The sections of the settings, as links: beside each of them, and as a list on a narrow screen.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t, type Key } from "../core/i18n.js";
import type { PageName } from "../core/route.js";
import { base, CauserieElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";

type Section = "settings" | "appearance" | "shortcuts" | "voice" | "agents" | "replies" | "reports" | "webhooks" | "keys";

interface Group {
  heading: Key;
  sections: readonly Section[];
}

const GROUPS: readonly Group[] = [
  { heading: "settings.you", sections: ["settings", "appearance", "shortcuts"] },
  { heading: "settings.speak", sections: ["voice", "agents", "replies", "reports"] },
  { heading: "settings.programs", sections: ["webhooks", "keys"] },
];

const path = (section: Section): string => (section === "settings" ? "/settings" : `/settings/${section}`);

export class SettingsNav extends CauserieElement {
  static override styles = [
    base,
    css`
      h2 {
        padding: 0 10px 4px;
        color: var(--muted);
        font-size: 12px;
        font-weight: 500;
      }
      section + section {
        margin-block-start: 20px;
      }
      a {
        display: flex;
        align-items: center;
        justify-content: space-between;
        min-block-size: var(--control-height);
        padding: 3px 10px;
        border-radius: var(--radius-small);
        color: var(--text);
        font-size: 14px;
        text-decoration: none;
      }
      a:hover {
        background: color-mix(in oklab, var(--text) 6%, transparent);
      }
      a[aria-current="page"] {
        background: var(--accent-soft);
        color: var(--accent);
        font-weight: 500;
      }
      @media (forced-colors: active) {
        a[aria-current="page"] {
          background: Highlight;
          color: HighlightText;
          forced-color-adjust: none;
        }
      }
      svg {
        display: none;
        color: var(--muted);
      }
      :dir(rtl) svg {
        transform: scaleX(-1);
      }
      :host([list]) h2 {
        padding-inline: 0;
        font-size: 13px;
      }
      :host([list]) a {
        min-block-size: 44px;
        padding-inline: 0 4px;
        border-block-start: 1px solid var(--line);
        border-radius: 0;
        font-size: 16px;
      }
      :host([list]) svg {
        display: block;
      }
    `,
  ];

  @property() page: PageName = "settings";
  /** On a page of their own: in rows to be touched. */
  @property({ type: Boolean, reflect: true }) list = false;

  override render(): TemplateResult {
    return html`<nav aria-label=${t("settings.sections")}>
      ${GROUPS.map(({ heading, sections }) => html`<section>
        <h2>${t(heading)}</h2>
        <ul>${sections
          .filter((section) => !this.list || section !== "settings")
          .map((section) => html`<li><a href=${path(section)} aria-current=${section === this.page ? "page" : nothing}>
            ${section === "settings" ? t("settings.account") : t(`page.${section}`)}${icon("right", 16)}</a></li>`)}</ul>
      </section>`)}
    </nav>`;
  }
}

define("causerie-settings-nav", SettingsNav);
