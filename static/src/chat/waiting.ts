// The messages that wait for the running turn, above the box they were written in.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { Queue } from "../core/queue.js";
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
        margin-block-end: 8px;
        padding-block-end: 8px;
        border-block-end: 1px solid var(--line);
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
      .mark {
        display: inline-flex;
        gap: 6px;
        align-items: center;
        margin-inline-end: 6px;
        color: var(--muted);
        font-size: 12px;
      }
      .paused {
        color: var(--warn);
        font-size: 13px;
      }
      .paused span {
        flex: 1;
      }
    `,
  ];

  @property({ attribute: false }) queue!: Queue;
  @property({ attribute: false }) thread!: Thread;

  override render(): TemplateResult {
    return html`<ul aria-label=${t("queue.label")}>
      ${this.queue.paused
        ? html`<li class="paused">
            <span>${t("queue.paused")}</span>
            <button class="button small" type="button" @click=${() => this.thread.resumeQueue()}>${t("queue.resume")}</button>
            <button class="button small" type="button" @click=${() => this.thread.discardQueue()}>${t("queue.discard")}</button>
          </li>`
        : nothing}
      ${this.queue.items.map(
        (item) => html`<li>
          <span class="mark">${icon("clock", 14)}${t("queue.waiting")}</span>
          <span class="text" dir="auto">${item.text}</span>
          <button class="quiet" type="button" aria-label=${t("queue.edit")} title=${t("queue.edit")}
            @click=${() => this.tell("edit", this.thread.unqueue(item.id))}>${icon("pencil", 16)}</button>
          <button class="quiet" type="button" aria-label=${t("queue.remove")} title=${t("queue.remove")}
            @click=${() => this.thread.unqueue(item.id)}>${icon("close", 16)}</button>
        </li>`,
      )}
    </ul>`;
  }
}

define("causerie-waiting", Waiting);
