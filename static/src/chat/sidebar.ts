// The conversations, newest first, by the reader's days.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { ListState } from "../core/conversations.js";
import { locale, t, type Key } from "../core/i18n.js";
import { shortcut } from "../core/keys.js";
import type { Conversation } from "../core/resources.js";
import type { SessionState } from "../core/session.js";
import { StoreController } from "../core/store.js";
import { groupKey, groupOf, monthName, type Group } from "../core/time.js";
import { isLive } from "../core/turns.js";
import "../account/menu.js";
import "../account/quota.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
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
      .new {
        margin: 4px 12px 8px;
        justify-content: start;
        flex: none;
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
        margin: 8px;
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
  private readonly running = new StoreController(this, (state: SessionState) =>
    [...state.turns.values()].filter(isLive).map((turn) => turn.conversationId).join(" "),
  );

  override render(): TemplateResult {
    const state = this.list.follow(this.client.conversations.state);
    const running = new Set(this.running.follow(this.client.session)?.split(" "));
    return html`
      <div class="head">
        <a class="brand" href="/chat">${t("product")}</a>
        <button class="quiet" type="button" aria-label=${t("nav.hide")}
          title="${t("nav.hide")} (${shortcut("sidebar")})" @click=${() => this.tell("sidebar")}>${icon("menu")}</button>
      </div>
      <a class="button new" href="/chat" title=${shortcut("new-chat")} @click=${() => this.tell("new")}>
        ${icon("plus")}${t("sidebar.new")}
      </a>
      <nav aria-label=${t("sidebar.label")}>
        ${state ? this.body(state, running) : nothing}
      </nav>
      <div class="foot">
        <causerie-quota></causerie-quota>
        <causerie-account .theme=${this.theme}></causerie-account>
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
              ?running=${running.has(row.id)}></causerie-sidebar-row></li>`,
          )}
        </ul>
      </section>`,
    )}
    ${state.cursor
      ? html`<button class="button small more" type="button" @click=${() => void this.client.conversations.more()}>${t("sidebar.more")}</button>`
      : nothing}`;
  }
}

function heading(group: Group): string {
  return group.kind === "named" ? monthName(group.year, group.month, locale()) : t(`sidebar.${group.kind}` as Key);
}

define("causerie-sidebar", Sidebar);
