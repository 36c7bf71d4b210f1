// The messages that wait for the running turn, above the box they were written in. Each can be
// changed where it stands.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { isComposing } from "../core/keys.js";
import type { Queue, Waiting as Item } from "../core/queue.js";
import type { Thread } from "../core/thread.js";
import { base, buttons, CauserieElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";

export class Waiting extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      ul {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 2px;
        max-block-size: 40dvh;
        margin-block-end: 8px;
        padding-block-end: 8px;
        border-block-end: 1px solid var(--line);
        overflow-y: auto;
      }
      li {
        display: flex;
        align-items: center;
        gap: 4px;
        font-size: 14px;
      }
      .text {
        flex: 1;
        min-inline-size: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      textarea {
        flex: 1;
        min-inline-size: 0;
        max-block-size: 30dvh;
        margin-block: 4px;
        padding: 6px 10px;
        border: 1px solid var(--control);
        border-radius: var(--radius-small);
        background: var(--surface);
        font-size: 16px;
        line-height: 1.4;
        resize: none;
        field-sizing: content;
      }
      .mark {
        display: inline-flex;
        gap: 6px;
        align-items: center;
        margin-inline-end: 6px;
        color: var(--muted);
        font-size: 12px;
        white-space: nowrap;
      }
      .held {
        flex-wrap: wrap;
        color: var(--warn);
        font-size: 13px;
      }
      .held span {
        flex: 1 1 8rem;
      }
    `,
  ];

  @property({ attribute: false }) queue!: Queue;
  @property({ attribute: false }) thread!: Thread;
  /** No answer is being written that they would follow: somebody has to send them on. */
  @property({ type: Boolean }) held = false;
  @state() private editing = "";

  override render(): TemplateResult {
    const { paused } = this.queue;
    return html`<ul aria-label=${t("queue.label")}>
      ${paused || this.held
        ? html`<li class="held">
            <span>${paused ? t("queue.paused") : t("queue.held")}</span>
            <button class="button small" type="button" @click=${() => this.thread.sending.resumeQueue()}>${t("queue.resume")}</button>
            <button class="button small" type="button" @click=${() => this.thread.sending.discardQueue()}>${t("queue.discard")}</button>
          </li>`
        : nothing}
      ${this.queue.items.map((item) => html`<li>${item.id === this.editing ? this.editor() : this.row(item)}</li>`)}
    </ul>`;
  }

  private row(item: Item): TemplateResult {
    const files = item.parts?.length ?? 0;
    return html`<span class="mark">${icon("clock", 14)}${t("queue.waiting")}</span>
      <span class="text" dir="auto">${item.text || item.parts?.[0]?.name}</span>
      ${files ? html`<span class="mark">${icon("clip", 14)}${t("queue.files", { count: files })}</span>` : nothing}
      <button class="quiet" type="button" aria-label=${t("queue.edit")} title=${t("queue.edit")}
        @click=${() => this.edit(item)}>${icon("pencil", 16)}</button>
      <button class="quiet" type="button" aria-label=${t("queue.remove")} title=${t("queue.remove")}
        @click=${() => this.thread.sending.unqueue(item.id)}>${icon("close", 16)}</button>`;
  }

  private editor(): TemplateResult {
    return html`<textarea rows="1" dir="auto" aria-label=${t("queue.edit")}
        @keydown=${this.key} @input=${this.changed} @blur=${this.done}></textarea>
      <button class="quiet" type="button" aria-label=${t("queue.done")} title=${t("queue.done")}
        @click=${this.done}>${icon("check", 16)}</button>`;
  }

  private async edit({ id, text }: Item): Promise<void> {
    this.editing = id;
    await this.updateComplete;
    const area = this.renderRoot.querySelector("textarea");
    if (!area) return;
    area.value = text;
    area.focus();
    area.setSelectionRange(text.length, text.length);
  }

  private changed(event: Event): void {
    const { value } = event.target as HTMLTextAreaElement;
    // What is empty cannot be sent: it keeps its last words until others are there.
    if (value.trim()) this.thread.sending.rewrite(this.editing, value);
  }

  private key(event: KeyboardEvent): void {
    const enter = event.key === "Enter" && !event.shiftKey && !isComposing(event);
    if (!enter && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.done();
  }

  private readonly done = (): void => {
    this.editing = "";
  };
}

define("causerie-waiting", Waiting);
