// What somebody was told of beside their chats, newest first.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

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
import "../ui/select.js";
import { keepFresh } from "./fresh.js";
import { KINDS, wordsOf } from "./notice-words.js";

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
      .controls causerie-select {
        inline-size: 150px;
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
  @state() private kind = "";
  private readonly unread = new StoreController(this, (value: number) => value);
  private readonly list = new ListLoader<Note>(this, (cursor) => {
    const query = new URLSearchParams(this.shown === "unread" ? { unread: "true" } : {});
    if (this.kind) query.set("kind", this.kind);
    if (cursor) query.set("cursor", cursor);
    return this.client.api.get<NotificationPage>(`/api/notifications?${query}`);
  });

  private seen: number | undefined;

  constructor() {
    super();
    keepFresh(this, () => this.client.readNotices());
  }

  /** Something has come, or was read elsewhere. */
  override updated(): void {
    const unread = this.client.unread.value;
    if (this.seen !== undefined && this.seen !== unread) void this.list.renew(({ id }) => id);
    this.seen = unread;
  }

  override render(): TemplateResult {
    const admin = this.client.user.value?.role === "admin";
    const kinds = KINDS.filter((kind) => kind !== "alert" || admin);
    const unread = this.unread.follow(this.client.unread) ?? 0;
    return html`
      <h1>${t("notices.title")}</h1>
      <p class="muted lead">${t("notices.text")}</p>
      <div class="controls">
        <causerie-segmented label=${t("notices.show")} .value=${this.shown}
          .options=${VIEWS.map((id) => ({ id, label: t(`notices.${id}`) }))}
          @causerie-change=${this.show}></causerie-segmented>
        <causerie-select small label=${t("notices.kind")} .value=${this.kind} @causerie-change=${this.sort}
          .choices=${[{ id: "", label: t("notices.kind.any") }, ...kinds.map((id) => ({ id, label: t(`notices.kind.${id}`) }))]}></causerie-select>
        ${unread ? html`<button class="button small" type="button" @click=${this.readAll}>${t("notices.readAll")}</button>` : nothing}
      </div>
      ${this.list.render(({ items }) => items.length
        ? html`<ul class="rows">${repeat(items, ({ id }) => id, (note) => this.row(note))}</ul>${this.list.rest()}`
        : html`<p class="muted rows">${t(this.kind ? "notices.noneOfKind" : this.shown === "unread" ? "notices.noneUnread" : "notices.none")}</p>`)}
    `;
  }

  private row(note: Note): TemplateResult {
    const { title, text, href, deed } = wordsOf(note);
    return html`<li class="row ${note.severity} ${note.readAt ? "" : "unread"}">
      <span class="sign">${icon(note.severity === "info" ? "info" : "alert")}</span>
      <div class="what">
        <span class="title" dir="auto">${title}</span>${note.readAt ? nothing : html` <span class="tag good">${t("notices.new")}</span>`}
        ${text ? html`<p dir="auto">${text}</p>` : nothing}
        <small><time datetime=${note.createdAt}>${full(note.createdAt, locale())}</time></small>
      </div>
      <div class="deeds">${href && deed ? html`<a class="button small" href=${href} aria-label=${`${t(deed)}: ${title}`}>${t(deed)}</a>` : nothing}${note.readAt
        ? nothing
        : html`<button class="button small" type="button" aria-label=${`${t("notices.read")}: ${title}`}
            @click=${() => void this.read(`/${note.id}/read`)}>${t("notices.read")}</button>`}</div>
    </li>`;
  }

  private show(event: CustomEvent<(typeof VIEWS)[number]>): void {
    this.shown = event.detail;
    void this.list.load();
  }

  private sort(event: CustomEvent<string>): void {
    event.stopPropagation();
    this.kind = event.detail;
    void this.list.load();
  }

  private readonly readAll = (): void => {
    void this.newest();
  };

  /** Of all of them, whichever are shown. */
  private async newest(): Promise<void> {
    try {
      const { items } = await this.client.api.get<NotificationPage>("/api/notifications?limit=1");
      if (items[0]) await this.read("/read", { upTo: items[0].id });
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
  }

  private async read(path: string, body?: { upTo: string }): Promise<void> {
    try {
      await this.client.api.post(`/api/notifications${path}`, body);
      // What was read changes without the list being drawn anew from its top.
      await Promise.all([this.shown === "unread" ? this.list.load() : this.list.renew(({ id }) => id), this.client.readNotices()]);
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
  }
}

define("causerie-notifications", Notifications);
