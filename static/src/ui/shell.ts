// The frame of every page that has no sidebar: name, pages, account, and the content below.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { placesFor } from "../account/menu.js";
import { t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { Me } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "./element.js";

export class Shell extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        grid-template: auto 1fr / minmax(0, 1fr);
        min-block-size: 100dvh;
        background: var(--canvas);
      }
      header {
        display: flex;
        align-items: center;
        gap: 4px 20px;
        block-size: var(--header);
        padding-inline: 24px 16px;
        border-block-end: 1px solid var(--line);
      }
      .brand {
        color: inherit;
        font-size: 16px;
        font-weight: 600;
        letter-spacing: -0.01em;
        text-decoration: none;
      }
      nav {
        display: flex;
        flex: 1;
        gap: 4px;
        min-inline-size: 0;
        overflow-x: auto;
        scrollbar-width: none;
      }
      nav a {
        padding: 5px 10px;
        border-radius: var(--radius-small);
        color: var(--muted);
        font-size: 14px;
        text-decoration: none;
        white-space: nowrap;
      }
      nav a:hover,
      nav a[aria-current="page"] {
        color: var(--text);
      }
      nav a[aria-current="page"] {
        background: var(--sunken);
        font-weight: 500;
      }
      nav a:focus-visible {
        outline-offset: -2px;
      }
      main {
        min-inline-size: 0;
      }
      @media (max-width: 720px) {
        header {
          gap: 8px;
          padding-inline: 16px 8px;
        }
      }
    `,
  ];

  @property() page = "";
  @property() theme = "system";
  private readonly user = new StoreController(this, (value: Me | null | undefined) => value);

  override render(): TemplateResult {
    const user = this.user.follow(this.client.user);
    return html`
      <header>
        <a class="brand" href="/chat">${t("product")}</a>
        <nav aria-label=${t("nav.label")}>
          ${user
            ? placesFor(user).map(
                ({ page, href }) => html`<a href=${href} aria-current=${page === this.page ? "page" : nothing}>${t(`page.${page}`)}</a>`,
              )
            : nothing}
        </nav>
        ${user ? html`<causerie-account compact .theme=${this.theme}></causerie-account>` : nothing}
      </header>
      <main id="main"><slot></slot></main>
    `;
  }

  override updated(): void {
    // On a narrow screen the row of pages is longer than the screen. Once all of the header has its width.
    requestAnimationFrame(() => {
      const current = this.renderRoot.querySelector('[aria-current="page"]');
      const nav = current?.parentElement;
      if (nav) nav.scrollBy({ left: middle(current) - middle(nav) });
    });
  }
}

function middle(element: Element): number {
  const { left, right } = element.getBoundingClientRect();
  return (left + right) / 2;
}

define("causerie-shell", Shell);
