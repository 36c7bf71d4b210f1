// The conversations, newest first, by the reader's days.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { ListState } from "../core/conversations.js";
import { locale, t, type Key } from "../core/i18n.js";
import { choices, shortcut, withShortcut, type Choices } from "../core/keys.js";
import type { Conversation } from "../core/resources.js";
import type { SessionState } from "../core/session.js";
import { StoreController } from "../core/store.js";
import { groupKey, groupOf, monthName, type Group } from "../core/time.js";
import { isLive } from "../core/turns.js";
import "../account/menu.js";
import "../account/quota.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import type { SidebarRow } from "./sidebar-row.js";
import "./sidebar-row.js";

interface Section {
  key: string;
  group: Group;
  rows: Conversation[];
}

function sections(items: readonly Conversation[], now: Date): Section[] {
  const found: Section[] = [];
  for (const row of items) {
    const group = groupOf(row.updatedAt, now);
    const key = groupKey(group);
    const last = found.at(-1);
    if (last?.key === key) last.rows.push(row);
    else found.push({ key, group, rows: [row] });
  }
  return found;
}

export class Sidebar extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-block-size: 0;
        background: var(--sunken);
      }
      .head {
        display: flex;
        align-items: center;
        justify-content: space-between;
        block-size: var(--header);
        padding: 0 10px 0 20px;
        flex: none;
      }
      .brand {
        color: inherit;
        font-size: 16px;
        font-weight: 600;
        letter-spacing: -0.01em;
        text-decoration: none;
      }
      .new,
      .search {
        margin: 4px 12px;
        justify-content: start;
        flex: none;
      }
      .search {
        margin-block-end: 8px;
        border-color: var(--line);
        color: var(--muted);
        font-weight: 400;
      }
      kbd {
        margin-inline-start: auto;
        font: inherit;
        font-size: 12px;
      }
      li {
        content-visibility: auto;
        contain-intrinsic-size: auto 34px;
      }
      nav {
        flex: 1;
        min-block-size: 0;
        padding: 0 12px 12px;
        overflow-y: auto;
        overscroll-behavior: contain;
        scrollbar-width: thin;
        scrollbar-color: color-mix(in oklab, var(--text) 22%, transparent) transparent;
      }
      h2 {
        padding: 14px 8px 4px;
        font-size: 12px;
        font-weight: 500;
        color: var(--muted);
      }
      .none {
        padding: 12px 8px;
        font-size: 14px;
        color: var(--muted);
      }
      .more {
        display: flex;
        align-items: center;
        gap: 8px;
        min-block-size: 44px;
        padding-inline: 8px;
        color: var(--muted);
        font-size: 13px;
      }
      @media (hover: none) {
        kbd {
          display: none;
        }
      }
      .foot {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 10px;
        padding: 14px 20px 8px;
        border-block-start: 1px solid var(--line);
        flex: none;
      }
      .foot causerie-account {
        margin-inline: -8px;
        padding-block-end: env(safe-area-inset-bottom);
      }
    `,
  ];

  @property() selected = "";
  @property() theme = "system";
  private readonly list = new StoreController(this, (value: ListState) => value);
  private readonly unseen = new StoreController(this, (value: ReadonlySet<string>) => value);
  private readonly keys = new StoreController(this, (value: Choices) => value);
  /** The row that Tab leads to; the others are reached by arrows. */
  @state() private current = "";
  @state() private stuck = false;
  private readonly seen = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) void this.more();
  }, { rootMargin: "400px" });
  private watched: Element | undefined;
  private readonly running = new StoreController(this, (state: SessionState) =>
    [...state.turns.values()].filter(isLive).map((turn) => turn.conversationId).join(" "),
  );

  override render(): TemplateResult {
    const state = this.list.follow(this.client.conversations.state);
    this.keys.follow(choices);
    const running = new Set(this.running.follow(this.client.session)?.split(" "));
    return html`
      <div class="head">
        ${this.client.embedded ? html`<span class="brand">${t("sidebar.label")}</span>` : html`<a class="brand" href="/">${t("product")}</a>`}
        <button class="quiet" type="button" aria-label=${t("nav.hide")}
          title=${withShortcut(t("nav.hide"), "sidebar")} @click=${() => this.tell("sidebar")}>${icon("menu")}</button>
      </div>
      <a class="button new" href="/chat" title=${shortcut("new-chat")} @click=${() => this.tell("new")}>
        ${icon("plus")}${t("sidebar.new")}
      </a>
      <button class="button search" type="button" aria-haspopup="dialog" @click=${() => this.tell("search")}>
        ${icon("search")}${t("sidebar.search")}<kbd aria-hidden="true">${shortcut("search")}</kbd>
      </button>
      <nav aria-label=${t("sidebar.label")} @keydown=${this.walk} @focusin=${this.focused} @causerie-delete=${this.leave}>
        ${state ? this.body(state, running) : nothing}
      </nav>
      <div class="foot">
        <causerie-quota compact></causerie-quota>
        ${this.client.embedded ? nothing : html`<causerie-account .theme=${this.theme}></causerie-account>`}
      </div>
    `;
  }

  private body(state: ListState, running: Set<string>): TemplateResult {
    if (!state.items.length) {
      if (state.phase === "loading") return html``;
      return state.phase === "failed"
        ? html`<p class="none">${t("sidebar.failed")}
            <button class="button small" type="button" @click=${() => void this.client.conversations.refresh()}>${t("retry")}</button></p>`
        : html`<p class="none">${t("sidebar.empty")}</p>`;
    }
    const unseen = this.unseen.follow(this.client.conversations.unseen);
    const has = (id: string): boolean => state.items.some((row) => row.id === id);
    const tab = has(this.current) ? this.current : has(this.selected) ? this.selected : state.items[0]?.id;
    return html`${repeat(
      sections(state.items, new Date()),
      ({ key }) => key,
      ({ group, rows }) => html`<section>
        <h2>${heading(group)}</h2>
        <ul>
          ${repeat(
            rows,
            ({ id }) => id,
            (row) => html`<li><causerie-sidebar-row .row=${row} ?selected=${row.id === this.selected}
              ?running=${running.has(row.id)} ?unseen=${unseen?.has(row.id)} ?current=${row.id === tab}></causerie-sidebar-row></li>`,
          )}
        </ul>
      </section>`,
    )}
    ${state.cursor ? this.rest() : nothing}`;
  }

  /** The end of what has been read: more comes by itself before anybody sees it. */
  private rest(): TemplateResult {
    return html`<div class="more">${this.stuck
      ? html`<span>${t("sidebar.failed")}</span>
          <button class="button small" type="button" @click=${() => void this.more()}>${t("retry")}</button>`
      : t("loading")}</div>`;
  }

  override updated(): void {
    const end = this.renderRoot.querySelector(".more") ?? undefined;
    if (end === this.watched) return;
    if (this.watched) this.seen.unobserve(this.watched);
    if (end) this.seen.observe(end);
    this.watched = end;
  }

  override disconnectedCallback(): void {
    this.seen.disconnect();
    this.watched = undefined;
    super.disconnectedCallback();
  }

  private async more(): Promise<void> {
    const end = this.watched;
    try {
      await this.client.conversations.more();
      this.stuck = false;
    } catch {
      this.stuck = true;
      return;
    }
    // Where a page was too short to push the end out of sight, it is looked for again.
    await this.updateComplete;
    if (end && end === this.watched) {
      this.seen.unobserve(end);
      this.seen.observe(end);
    }
  }

  private get rows(): SidebarRow[] {
    return [...this.renderRoot.querySelectorAll<SidebarRow>("causerie-sidebar-row")];
  }

  private focused(event: FocusEvent): void {
    const row = event.target as SidebarRow;
    if (row.row) this.current = row.row.id;
  }

  private walk(event: KeyboardEvent): void {
    const rows = this.rows;
    const at = rows.findIndex((row) => row.matches(":focus-within"));
    const row = rows[at];
    if (!row || row.busy || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) rows[Math.min(rows.length - 1, Math.max(0, to))]?.focus();
    else if (event.key === "F2") void row.rename();
    else if (event.key === "Delete") row.leave();
    else return;
    event.preventDefault();
  }

  /** A row goes: the keyboard that is on it goes to the next one. */
  private leave(event: Event): void {
    const { rows } = this;
    const at = rows.indexOf(event.target as SidebarRow);
    if (rows[at]?.matches(":focus-within")) (rows[at + 1] ?? rows[at - 1])?.focus();
  }
}

function heading(group: Group): string {
  return group.kind === "named" ? monthName(group.year, group.month, locale()) : t(`sidebar.${group.kind}` as Key);
}

define("causerie-sidebar", Sidebar);
