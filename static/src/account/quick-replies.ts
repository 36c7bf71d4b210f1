// Answers that somebody keeps to send again: found, copied, changed.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { copy } from "../core/clipboard.js";
import { t } from "../core/i18n.js";
import type { Page } from "../core/resources.js";
import type { QuickReplyView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { KeptPage } from "../ui/kept.js";
import { ListLoader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";
import { searchBox } from "../ui/search.js";
import "./quick-reply-form.js";

const PATH = "/api/ai/quick-replies";

export class QuickReplies extends KeptPage<QuickReplyView> {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      .text {
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
        overflow: hidden;
        color: var(--muted);
        font-size: 14px;
        white-space: pre-line;
      }
    `,
  ];

  @state() private wanted = "";
  private readonly list = new ListLoader<QuickReplyView>(this, (cursor) => this.read(cursor));

  private read(cursor: string | undefined): Promise<Page<QuickReplyView>> {
    const query = new URLSearchParams({ limit: "50", ...(this.wanted && { q: this.wanted }), ...(cursor && { cursor }) });
    return this.client.api.get<Page<QuickReplyView>>(`${PATH}?${query.toString()}`);
  }

  protected reload(): Promise<void> {
    return this.list.load();
  }

  override render(): TemplateResult {
    return html`
      <h1>${t("page.replies")}</h1>
      <p class="muted lead">${t("replies.text")}</p>
      ${this.editing === undefined
        ? this.list.render(({ items }) => this.shown(items))
        : html`<causerie-quick-reply-form .reply=${this.editing} .categories=${this.categories()}
            @causerie-saved=${this.saved} @causerie-left=${this.left}></causerie-quick-reply-form>`}`;
  }

  private categories(): string[] {
    return [...new Set(this.list.value?.items.map(({ category }) => category))];
  }

  private shown(items: readonly QuickReplyView[]): TemplateResult {
    const rows = items.filter(({ id }) => !this.leaving.has(id));
    return html`${this.newButton(t("replies.new"))}
      ${rows.length > 7 || this.wanted ? searchBox(t("replies.search"), this.search) : nothing}
      ${rows.length
        ? html`<ul class="rows">${repeat(rows, ({ id }) => id, (reply) => this.row(reply))}</ul>`
        : this.empty(t(this.wanted ? "replies.none" : "replies.empty"))}
      ${this.list.rest()}`;
  }

  private row(reply: QuickReplyView): TemplateResult {
    const { id, title, text, category } = reply;
    return html`<li class="row">
      <div class="what"><strong dir="auto">${title}</strong> <span class="tag" dir="auto">${category}</span><p class="text" dir="auto">${text}</p></div>
      <div class="deeds">
        <button class="button small" type="button" aria-label=${t("replies.copyLabel", { name: title })} @click=${() => void this.copy(text)}>
          ${icon("copy", 14)}${t("copy")}</button>
        ${this.rowDeeds(reply, title, () => this.leaving.remove(id, `${PATH}/${id}`, t("replies.deleted")))}
      </div>
    </li>`;
  }

  private readonly search = (text: string): void => {
    this.wanted = text;
    void this.reload();
  };

  private async copy(text: string): Promise<void> {
    await copy(text);
    this.tell("toast", { text: t("copied") });
  }
}

define("causerie-quick-replies", QuickReplies);
