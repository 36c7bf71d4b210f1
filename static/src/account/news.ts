// What somebody was told of lately, and what the agents have found out; each comes and fails alone.
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { locale, t } from "../core/i18n.js";
import type { Note } from "../core/resources.js";
import { StoreController } from "../core/store.js";
import { full } from "../core/time.js";
import type { InsightPage, KnownInsight, NotificationPage } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import "../ui/skeleton.js";
import { keepFresh } from "./fresh.js";
import { wordsOf } from "./notice-words.js";

const SHOWN = 3;

export class News extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    css`
      /* With both lists full. */
      :host {
        min-block-size: 480px;
      }
      section + section {
        margin-block-start: 24px;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0 12px;
        min-block-size: 32px;
      }
      .head a {
        font-size: 13px;
      }
      h2 {
        margin: 0;
      }
      .row {
        flex-wrap: nowrap;
        align-items: start;
        gap: 10px;
        font-size: 14px;
      }
      .rows {
        margin-block-start: 8px;
      }
      .sign {
        flex: none;
        margin-block-start: 2px;
        color: var(--muted);
      }
      .warning .sign {
        color: var(--warn);
      }
      .critical .sign {
        color: var(--bad);
      }
      .unread .title {
        font-weight: 600;
      }
      .said {
        display: -webkit-box;
        overflow: hidden;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
      }
    `,
  ];

  private readonly unread = new StoreController(this, (value: number) => value);
  private seen: number | undefined;
  private readonly notices = new Loader<NotificationPage>(this, () =>
    this.client.api.get<NotificationPage>(`/api/notifications?limit=${SHOWN}`));
  private readonly insights = new Loader<InsightPage>(this, () => this.client.api.get<InsightPage>(`/api/insights?limit=${SHOWN}`));

  constructor() {
    super();
    keepFresh(this, () => Promise.all([this.notices.load(), this.insights.load()]));
  }

  override updated(): void {
    const unread = this.client.unread.value;
    if (this.seen !== undefined && this.seen !== unread) void this.notices.load();
    this.seen = unread;
  }

  override render(): TemplateResult {
    this.unread.follow(this.client.unread);
    return html`
      <section>
        <div class="head"><h2>${t("page.notifications")}</h2><a href="/notifications">${t("dashboard.allNotices")}</a></div>
        ${when(this.notices, ({ items }) => items.length
          ? html`<ul class="rows">${repeat(items, ({ id }) => id, (note) => this.notice(note))}</ul>`
          : html`<p class="muted">${t("dashboard.noNotices")}</p>`)}
      </section>
      ${this.known ? this.found() : nothing}
    `;
  }

  /** How long the first list is: nothing below it is drawn before, and so nothing moves. */
  private get known(): boolean {
    return this.notices.value !== undefined || this.notices.failed;
  }

  private found(): TemplateResult {
    return html`<section>
        <div class="head"><h2>${t("dashboard.insights")}</h2><a href="/creator/insights">${t("dashboard.allInsights")}</a></div>
        ${when(this.insights, ({ items }) => items.length
          ? html`<ul class="rows">${repeat(items, ({ id }) => id, (one) => this.insight(one))}</ul>`
          : html`<p class="muted">${t("dashboard.noInsights")}</p>`)}
      </section>`;
  }

  private notice(note: Note): TemplateResult {
    const { title } = wordsOf(note);
    return html`<li class="row ${note.severity} ${note.readAt ? "" : "unread"}">
      <span class="sign">${icon(note.severity === "info" ? "info" : "alert", 16)}</span>
      <div class="what"><span class="title" dir="auto">${title}</span>${note.readAt ? nothing : html` <span class="tag good">${t("notices.new")}</span>`}
        <small><time datetime=${note.createdAt}>${full(note.createdAt, locale())}</time></small></div>
    </li>`;
  }

  private insight(one: KnownInsight): TemplateResult {
    const sure = new Intl.NumberFormat(locale(), { style: "percent" }).format(one.confidence);
    return html`<li class="row">
      <span class="sign">${icon("spark", 16)}</span>
      <div class="what"><span class="said" dir="auto">${one.text}</span><small>${t("dashboard.sure", { percent: sure })}</small></div>
    </li>`;
  }
}

function when<T>(loader: Loader<T>, view: (value: T) => TemplateResult): TemplateResult {
  return loader.value || loader.failed ? loader.render(view) : html`<causerie-skeleton lines="3"></causerie-skeleton>`;
}

define("causerie-news", News);
