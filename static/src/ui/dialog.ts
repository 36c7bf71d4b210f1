// A question over the page. The browser's own dialog: it holds the focus and gives it back.
import { css, html, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { base, CauserieElement, define } from "./element.js";

export class Dialog extends CauserieElement {
  static override styles = [
    base,
    css`
      dialog {
        inline-size: min(420px, calc(100vw - 32px));
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
      .deeds {
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
      <h2 id="heading">${this.heading}</h2>
      <slot></slot>
      <div class="deeds"><slot name="deeds"></slot></div>
    </dialog>`;
  }
}

define("causerie-dialog", Dialog);
