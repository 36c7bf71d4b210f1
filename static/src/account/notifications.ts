// What somebody was told of beside their chats, newest first.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import type { Note } from "../core/resources.js";
import { said } from "../core/said.js";
import { StoreController } from "../core/store.js";
import { full } from "../core/time.js";
import type { NotificationPage } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { ListLoader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";
import "../ui/segmented.js";
import { wordsOf } from "./notice-words.js";

const VIEWS = ["all", "unread"] as const;

export class Notifications extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      .controls {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 16px;
        margin-block-start: 16px;
      }
      .controls .button {
        margin-inline-start: auto;
      }
      .row {
        align-items: start;
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
      .title {
        font-weight: 500;
      }
      .unread .title {
        font-weight: 600;
      }
      @media (max-width: 720px) {
        .row .deeds {
          padding-inline-start: 34px;
        }
        .row .deeds:empty {
          display: none;
        }
      }
    `,
  ];

  @state() private shown: (typeof VIEWS)[number] = "all";
  private readonly unread = new StoreController(this, (value: number) => value);
  private readonly list = new ListLoader<Note>(this, (cursor) => {
    const query = new URLSearchParams(this.shown === "unread" ? { unread: "true" } : {});
    if (cursor) query.set("cursor", cursor);
    return this.client.api.get<NotificationPage>(`/api/notifications?${query}`);
  });

  override render(): TemplateResult {
    const unread = this.unread.follow(this.client.unread) ?? 0;
    return html`
      <h1>${t("notices.title")}</h1>
      <p class="muted lead">${t("notices.text")}</p>
      <div class="controls">
        <causerie-segmented label=${t("notices.show")} .value=${this.shown}
          .options=${VIEWS.map((id) => ({ id, label: t(`notices.${id}`) }))}
          @causerie-change=${this.show}></causerie-segmented>
        ${unread ? html`<button class="button" type="button" @click=${this.readAll}>${t("notices.readAll")}</button>` : nothing}
      </div>
      ${this.list.render(({ items }) => items.length
        ? html`<ul class="rows">${items.map((note) => this.row(note))}</ul>${this.list.rest()}`
        : html`<p class="muted rows">${t(this.shown === "unread" ? "notices.noneUnread" : "notices.none")}</p>`)}
    `;
  }

  private row(note: Note): TemplateResult {
    const { title, text, href } = wordsOf(note);
    return html`<li class="row ${note.severity} ${note.readAt ? "" : "unread"}">
      <span class="sign">${icon(note.severity === "info" ? "info" : "alert")}</span>
      <div class="what">
        <span class="title" dir="auto">${title}</span>${note.readAt ? nothing : html`<span class="tag good">${t("notices.new")}</span>`}
        ${text ? html`<p dir="auto">${text}</p>` : nothing}
        <small><time datetime=${note.createdAt}>${full(note.createdAt, locale())}</time></small>
      </div>
      <div class="deeds">${href ? html`<a class="button small" href=${href}>${t("notices.costs")}</a>` : nothing}${note.readAt
        ? nothing
        : html`<button class="button small" type="button" aria-label=${`${t("notices.read")}: ${title}`}
            @click=${() => void this.read(`/${note.id}/read`)}>${t("notices.read")}</button>`}</div>
    </li>`;
  }

  private show(event: CustomEvent<(typeof VIEWS)[number]>): void {
    this.shown = event.detail;
    void this.list.load();
  }

  private readonly readAll = (): void => {
    const newest = this.list.value?.items[0];
    if (newest) void this.read("/read", { upTo: newest.id });
  };

  private async read(path: string, body?: { upTo: string }): Promise<void> {
    try {
      await this.client.api.post(`/api/notifications${path}`, body);
      await Promise.all([this.list.load(), this.client.readNotices()]);
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
  }
}

define("causerie-notifications", Notifications);
