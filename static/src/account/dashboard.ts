// How things stand: what is left, what was spent, what runs, what is new, and where to begin.
import { css, html, nothing, type TemplateResult } from "lit";

import type { ListState } from "../core/conversations.js";
import { t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { Me } from "../core/wire.gen.js";
import { base, ClientElement, define } from "../ui/element.js";
import { pages, sections } from "../ui/page.js";
import "./news.js";
import "./quota.js";
import "./recent.js";
import "./spent.js";
import "./starts.js";
import "./today.js";

export class Dashboard extends ClientElement {
  static override styles = [
    base,
    sections,
    pages,
    css`
      :host {
        max-inline-size: 1080px;
      }
      causerie-today {
        margin-block: 16px 0;
      }
      .grid {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        gap: 32px 48px;
        margin-block-start: 24px;
      }
      .wide {
        grid-column: 1 / -1;
      }
      .wide h2 {
        margin-block-end: 8px;
      }
      .grid > section {
        margin: 0;
      }
      .first {
        min-block-size: 356px;
      }
      /* As high as the heading beside it, which has a link. */
      .first h2 {
        display: grid;
        align-content: center;
        min-block-size: 32px;
        margin: 0;
      }
      .first p {
        margin-block-end: 16px;
      }
      @media (max-width: 860px) {
        .grid {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  private readonly user = new StoreController(this, (value: Me | null | undefined) => value);
  private readonly list = new StoreController(this, (value: ListState) => value);

  override render(): TemplateResult {
    const user = this.user.follow(this.client.user);
    const list = this.list.follow(this.client.conversations.state);
    const fresh = list?.phase === "ready" && !list.items.length;
    return html`
      <h1>${t("page.dashboard")}</h1>
      ${user?.role === "admin" ? html`<causerie-today></causerie-today>` : nothing}
      <div class="grid">
        <causerie-quota></causerie-quota>
        <causerie-spent></causerie-spent>
        <div class="wide"><h2>${t("dashboard.tools")}</h2><causerie-starts></causerie-starts></div>
        ${fresh
          ? html`<section class="first"><h2>${t("dashboard.first")}</h2><p class="muted">${t("dashboard.firstText")}</p>
              <causerie-starts steps></causerie-starts></section>`
          : html`<causerie-recent></causerie-recent>`}
        <causerie-news></causerie-news>
      </div>
    `;
  }
}

define("causerie-dashboard", Dashboard);
