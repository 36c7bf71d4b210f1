// A question while it is put in other words, in its place.
import { css, html, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { base, buttons, CauserieElement, define } from "../ui/element.js";

export class Editor extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        inline-size: 100%;
      }
      .box {
        padding: 8px;
        border: 1px solid var(--control);
        border-radius: var(--radius-large);
        background: var(--surface);
      }
      .box:focus-within {
        border-color: var(--accent);
      }
      textarea {
        display: block;
        inline-size: 100%;
        max-block-size: 50vh;
        padding: 4px 8px;
        border: 0;
        background: none;
        font-size: 16px;
        line-height: 1.55;
        resize: none;
        field-sizing: content;
      }
      /* What is around it is drawn as focused, which forced colours do not show. */
      textarea:focus-visible {
        outline: none;
      }
      @media (forced-colors: active) {
        textarea:focus-visible {
          outline: 2px solid Highlight;
        }
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: end;
        gap: 8px;
        margin-block-start: 8px;
      }
      .note {
        flex: 1 1 12rem;
        padding-inline-start: 8px;
        font-size: 13px;
        color: var(--muted);
      }
    `,
  ];

  @property() text = "";
  @query("textarea") private box!: HTMLTextAreaElement;

  override firstUpdated(): void {
    this.grow();
    this.box.focus();
    this.box.setSelectionRange(this.text.length, this.text.length);
  }

  override render(): TemplateResult {
    return html`<div class="box">
      <textarea aria-label=${t("message.editing")} aria-describedby="note" dir="auto" rows="2" maxlength="100000" .value=${this.text}
        @input=${this.grow} @keydown=${this.key}></textarea>
      <div class="row">
        <span class="note" id="note">${t("message.editNote")}</span>
        <button class="button small" type="button" @click=${() => this.tell("cancel")}>${t("cancel")}</button>
        <button class="button small primary" type="button" @click=${this.send}>${t("message.editSend")}</button>
      </div>
    </div>`;
  }

  /** Where `field-sizing` is not known the box grows by hand. */
  private grow(): void {
    if (CSS.supports("field-sizing", "content")) return;
    this.box.style.setProperty("block-size", "auto");
    this.box.style.setProperty("block-size", `${this.box.scrollHeight}px`);
  }

  private key(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === "Escape") this.tell("cancel");
    // On a touch screen Enter breaks the line, as it does in the composer.
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      this.send();
    }
  }

  private readonly send = (): void => {
    const text = this.box.value.trim();
    if (text) this.tell("edited", text);
  };
}

define("causerie-editor", Editor);
