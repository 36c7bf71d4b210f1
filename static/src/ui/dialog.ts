// A question over the page, or something to read. The browser's own dialog: it holds the focus and
// gives it back.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { base, buttons, CauserieElement, define } from "./element.js";
import { icon } from "./icon.js";

export class Dialog extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      dialog {
        inline-size: min(420px, calc(100vw - 32px));
        max-block-size: calc(100dvh - 32px);
        padding: 24px;
        border: 0;
        border-radius: var(--radius-large);
        background: var(--surface);
        color: var(--text);
        box-shadow: var(--shadow);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 40%);
      }
      h2 {
        margin-block-end: 8px;
        font-size: 18px;
        font-weight: 600;
      }
      :host([wide]) dialog {
        inline-size: min(680px, calc(100vw - 32px));
      }
      .close {
        position: absolute;
        inset-block-start: 16px;
        inset-inline-end: 16px;
      }
      .deeds:not([hidden]) {
        display: flex;
        justify-content: end;
        gap: 8px;
        margin-block-start: 20px;
      }
    `,
  ];

  @property() heading = "";
  /** Escape does not close it: an answer is needed. */
  @property({ type: Boolean }) firm = false;
  /** Something to read, with a button that closes it in the corner; nothing is asked. */
  @property({ type: Boolean, reflect: true }) wide = false;
  @query("dialog") private dialog!: HTMLDialogElement;

  async show(): Promise<void> {
    await this.updateComplete;
    if (!this.dialog.open) this.dialog.showModal();
  }

  close(): void {
    this.dialog?.close();
  }

  override render(): TemplateResult {
    return html`<dialog aria-labelledby="heading" @cancel=${(event: Event) => this.firm && event.preventDefault()}
      @close=${() => this.tell("closed")}>
      ${this.wide
        ? html`<button class="quiet close" type="button" aria-label=${t("close")} @click=${() => this.close()}>${icon("close")}</button>`
        : nothing}
      <h2 id="heading">${this.heading}</h2>
      <slot></slot>
      <div class="deeds" ?hidden=${this.wide}><slot name="deeds"></slot></div>
    </dialog>`;
  }
}

define("causerie-dialog", Dialog);
