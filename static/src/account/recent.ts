// Conversations: those in which an answer is being written, then the newest.
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import type { ListState } from "../core/conversations.js";
import { locale, t } from "../core/i18n.js";
import { isZero, usd } from "../core/money.js";
import { chatPath } from "../core/route.js";
import type { SessionState } from "../core/session.js";
import { StoreController } from "../core/store.js";
import { full } from "../core/time.js";
import { isLive } from "../core/turns.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { sections } from "../ui/page.js";
import "../ui/skeleton.js";

const SHOWN = 6;

export class Recent extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    css`
      :host {
        min-block-size: 356px;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 8px;
        min-block-size: 32px;
        margin-block-end: 8px;
      }
      h2 {
        margin: 0;
      }
      li {
        border-block-end: 1px solid var(--line);
      }
      li:first-child {
        border-block-start: 1px solid var(--line);
      }
      li a {
        display: grid;
        grid-template-columns: minmax(0, 1fr) max-content;
        gap: 0 16px;
        align-items: center;
        min-block-size: 52px;
        padding-block: 6px;
        color: inherit;
        text-decoration: none;
      }
      li a:hover .title {
        text-decoration: underline;
      }
      .title,
      .state {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .state {
        grid-row: 2;
        font-size: 13px;
        color: var(--muted);
      }
      .live {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        color: var(--accent);
      }
      .live i {
        inline-size: 8px;
        block-size: 8px;
        border-radius: 50%;
        background: var(--accent);
        animation: breathe 1.6s ease-in-out infinite alternate;
      }
      @keyframes breathe {
        to {
          opacity: 0.3;
        }
      }
      .cost {
        grid-row: 1 / 3;
        grid-column: 2;
        color: var(--muted);
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  private readonly list = new StoreController(this, (value: ListState) => value);
  private readonly running = new StoreController(this, (state: SessionState) =>
    [...new Set([...state.turns.values()].filter(isLive).map((turn) => turn.conversationId))].join(" "),
  );

  override render(): TemplateResult {
    const state = this.list.follow(this.client.conversations.state);
    const running = new Set(this.running.follow(this.client.session)?.split(" ").filter(Boolean));
    return html`<div class="head"><h2>${t("dashboard.recent")}</h2>
        <a class="button small" href="/chat">${icon("plus", 16)}${t("sidebar.new")}</a></div>
      ${state ? this.body(state, running) : nothing}`;
  }

  private body({ items, phase }: ListState, running: ReadonlySet<string>): TemplateResult {
    if (!items.length) {
      if (phase === "loading") return html`<causerie-skeleton lines="6"></causerie-skeleton>`;
      if (phase === "failed") {
        return html`<p class="failed" role="alert">${t("sidebar.failed")}
          <button class="button small" type="button" @click=${() => void this.client.conversations.refresh()}>${t("retry")}</button></p>`;
      }
      return html`<p class="muted">${t("dashboard.noChats")}</p>`;
    }
    const rows = items.toSorted((a, b) => Number(running.has(b.id)) - Number(running.has(a.id))).slice(0, SHOWN);
    return html`<ul>${repeat(rows, ({ id }) => id, (row) => html`<li><a href=${chatPath(row.id)}>
      <span class="title" dir="auto">${row.title || t("sidebar.untitled")}</span>
      <span class="state">${running.has(row.id)
        ? html`<span class="live"><i></i>${t("dashboard.writing")}</span>`
        : html`<time datetime=${row.updatedAt}>${full(row.updatedAt, locale())}</time>`}</span>
      <span class="cost">${isZero(row.costUsd) ? nothing : usd(row.costUsd, locale())}</span>
    </a></li>`)}</ul>`;
  }
}

define("causerie-recent", Recent);
