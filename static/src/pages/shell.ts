// The frame of every page that has no sidebar of its own: the places to go beside the content, or
// behind a button where the screen is narrow.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { placesFor, type Place } from "../account/menu.js";
import { t, type Key } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { Me } from "../core/wire.gen.js";
import { choices, withShortcut, type Choices } from "../core/keys.js";
import { Commands } from "../chat/commands.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";

const HEADINGS: Readonly<Record<Place["group"], Key>> = {
  main: "nav.label",
  creator: "nav.creator",
  account: "nav.account",
  admin: "nav.admin",
};

/** So far from the edge of the places the one that is looked at stays. */
const EDGE = 8;

export class Shell extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        grid-template: 1fr / 216px minmax(0, 1fr);
        min-block-size: calc(100dvh - var(--banner, 0px));
        background: var(--canvas);
      }
      .side {
        position: sticky;
        inset-block-start: var(--banner, 0px);
        display: flex;
        flex-direction: column;
        block-size: calc(100dvh - var(--banner, 0px));
        border-inline-end: 1px solid var(--line);
        background: var(--sunken);
      }
      header {
        display: none;
      }
      .brand {
        display: flex;
        align-items: center;
        flex: none;
        block-size: var(--header);
        justify-content: space-between;
        padding-inline: 20px 10px;
      }
      .brand a {
        color: inherit;
        font-size: 16px;
        font-weight: 600;
        letter-spacing: -0.01em;
        text-decoration: none;
      }
      nav {
        flex: 1;
        min-block-size: 0;
        padding: 4px 12px 12px;
        overflow-y: auto;
        scrollbar-width: thin;
      }
      h2 {
        padding: 14px 8px 4px;
        color: var(--muted);
        font-size: 12px;
        font-weight: 500;
      }
      nav a {
        display: flex;
        align-items: center;
        gap: 10px;
        min-block-size: var(--control-height);
        padding: 3px 8px;
        border-radius: var(--radius-small);
        color: var(--text);
        font-size: 14px;
        text-decoration: none;
      }
      nav svg {
        color: var(--muted);
      }
      nav a:hover {
        background: color-mix(in oklab, var(--text) 6%, transparent);
      }
      nav a[aria-current="page"] {
        background: var(--accent-soft);
        color: var(--accent);
        font-weight: 500;
      }
      nav a[aria-current="page"] svg {
        color: inherit;
      }
      @media (forced-colors: active) {
        nav a[aria-current="page"] {
          background: Highlight;
          color: HighlightText;
          forced-color-adjust: none;
        }
      }
      nav a:focus-visible,
      .brand a:focus-visible,
      [data-region]:focus-visible {
        outline-offset: -2px;
      }
      .count {
        margin-inline-start: auto;
        color: var(--muted);
        font-size: 13px;
      }
      .foot {
        flex: none;
        padding: 8px 12px calc(8px + env(safe-area-inset-bottom));
        border-block-start: 1px solid var(--line);
      }
      main {
        min-inline-size: 0;
      }
      .veil {
        display: none;
      }
      @media (max-width: 900px) {
        :host {
          grid-template: auto 1fr / minmax(0, 1fr);
        }
        header {
          position: sticky;
          inset-block-start: var(--banner, 0px);
          z-index: 1;
          display: flex;
          align-items: center;
          gap: 4px;
          block-size: var(--header);
          padding-inline: 8px 16px;
          border-block-end: 1px solid var(--line);
          background: var(--canvas);
        }
        header .brand {
          flex: 1;
          padding-inline: 6px 0;
        }
        .side {
          position: fixed;
          inset-block: var(--banner, 0px) 0;
          inset-inline-start: 0;
          z-index: 3;
          inline-size: min(280px, 86vw);
          visibility: hidden;
          opacity: 0;
          transition: opacity var(--state), visibility 0s 120ms;
        }
        :host([open]) .side {
          visibility: visible;
          opacity: 1;
          transition: opacity var(--state);
        }
        :host([open]) .veil {
          display: block;
          position: fixed;
          inset: 0;
          z-index: 2;
          border: 0;
          background: rgb(0 0 0 / 40%);
        }
      }
    `,
  ];

  @property() page = "";
  @property() theme = "system";
  /** On a narrow screen, where the places lie over the page. */
  @property({ type: Boolean, reflect: true }) open = false;
  private readonly user = new StoreController(this, (value: Me | null | undefined) => value);
  private readonly unread = new StoreController(this, (value: number) => value);
  private readonly keys = new StoreController(this, (value: Choices) => value);
  @query("nav") private nav!: HTMLElement;
  private readonly commands = new Commands(this);
  /** Where the window is low the places scroll, and room goes to what stands below them when it comes. */
  private readonly observer = new ResizeObserver(() => this.reveal());
  private shown: HTMLElement | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("keydown", this.key);
    this.shown = null;
    if (this.hasUpdated) this.watch();
  }

  override disconnectedCallback(): void {
    this.observer.disconnect();
    super.disconnectedCallback();
  }

  override firstUpdated(): void {
    this.watch();
  }

  private watch(): void {
    this.observer.observe(this.nav);
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("page")) this.open = false;
  }

  override updated(): void {
    const here = this.renderRoot.querySelector<HTMLElement>('nav a[aria-current="page"]');
    if (here !== this.shown) this.reveal();
    this.shown = here;
  }

  /** The place that is looked at is to be seen among the others. Nothing but these scrolls. */
  private reveal(): void {
    const here = this.nav.querySelector('a[aria-current="page"]')?.getBoundingClientRect();
    if (!here) return;
    const room = this.nav.getBoundingClientRect();
    this.nav.scrollTop += Math.max(0, here.bottom + EDGE - room.bottom) || Math.min(0, here.top - EDGE - room.top);
  }

  override render(): TemplateResult {
    const user = this.user.follow(this.client.user);
    this.keys.follow(choices);
    const brand = html`<div class="brand"><a href="/">${t("product")}</a>
      <button class="quiet" type="button" aria-haspopup="dialog" aria-label=${t("sidebar.search")}
        title=${withShortcut(t("sidebar.search"), "search")} @click=${() => void this.commands.open("search")}>${icon("search")}</button>
    </div>`;
    return html`
      <header data-region tabindex="-1">
        <button class="quiet" type="button" aria-expanded=${String(this.open)} aria-controls="side"
          aria-label=${t("nav.pages")} @click=${this.unfold}>${icon("menu")}</button>
        ${brand}
      </header>
      <button class="veil" type="button" tabindex="-1" aria-label=${t("close")} @click=${this.fold}></button>
      <div class="side" id="side" data-region tabindex="-1">
        ${brand}
        <nav aria-label=${t("nav.label")}>${user ? this.places(placesFor(user)) : nothing}</nav>
        ${user ? html`<div class="foot"><causerie-account compact .theme=${this.theme}></causerie-account></div>` : nothing}
      </div>
      <main id="main" tabindex="-1" data-region @focusin=${this.fold} @causerie-search=${() => void this.commands.open("search")}><slot></slot></main>
      ${this.commands.render()}
    `;
  }

  private places(places: readonly Place[]): TemplateResult[] {
    const unread = this.unread.follow(this.client.unread);
    const groups = [...new Set(places.map(({ group }) => group))];
    return groups.map(
      (group) => html`<section>
        <h2 class=${group === "main" ? "unseen" : ""}>${t(HEADINGS[group])}</h2>
        <ul>
          ${places
            .filter((place) => place.group === group)
            .map(
              ({ page, href, icon: name }) => html`<li><a href=${href} aria-current=${page === this.page ? "page" : nothing}
                @click=${this.fold}>${icon(name)}${t(`page.${page}`)}
                ${page === "notifications" && unread ? html`<span class="count figure">${unread}</span>` : nothing}</a></li>`,
            )}
        </ul>
      </section>`,
    );
  }

  private readonly unfold = async (): Promise<void> => {
    this.open = true;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("nav a")?.focus();
  };

  private readonly fold = (): void => {
    this.open = false;
  };

  private readonly key = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.open) return;
    this.fold();
    this.renderRoot.querySelector<HTMLElement>("header button")?.focus();
  };
}

define("causerie-shell", Shell);
