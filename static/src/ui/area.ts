// A labelled field of several lines that grows with its text and says what is wrong with it.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { base, CauserieElement, define } from "./element.js";
import { labelled } from "./labelled.js";

export class Area extends CauserieElement {
  static override styles = [
    base,
    labelled,
    css`
      textarea {
        min-block-size: 72px;
        max-block-size: 60vh;
        padding: 9px 12px;
        line-height: 1.5;
        resize: vertical;
        field-sizing: content;
      }
      :host([tall]) textarea {
        min-block-size: 180px;
      }
    `,
  ];

  @property() name = "";
  @property() label = "";
  @property() hint = "";
  @property() problem = "";
  @property() placeholder = "";
  /** What stands in it at first. */
  @property() initial = "";
  @property({ type: Boolean }) optional = false;
  /** Characters that it must have. */
  @property({ type: Number }) least = 1;
  @property({ type: Boolean, reflect: true }) tall = false;
  @property({ type: Number }) maxlength = 10_000;
  @query("textarea") private area!: HTMLTextAreaElement;

  get value(): string {
    return this.area.value;
  }

  set value(text: string) {
    this.area.value = text;
  }

  /** Puts text where the cursor stands. */
  insert(text: string): void {
    this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
    this.area.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
    this.area.focus();
  }

  override focus(): void {
    void this.updateComplete.then(() => this.area.focus());
  }

  override render(): TemplateResult {
    return html`<label>${this.label}
        <textarea name=${this.name} dir="auto" maxlength=${this.maxlength} placeholder=${this.placeholder || nothing}
          aria-invalid=${String(!!this.problem)} aria-describedby=${this.problem ? "problem" : this.hint ? "hint" : nothing}
          .defaultValue=${this.initial} @keydown=${this.key}></textarea>
      </label>
      ${this.problem
        ? html`<p class="problem" id="problem">${this.problem}</p>`
        : this.hint
          ? html`<p id="hint">${this.hint}</p>`
          : nothing}`;
  }

  /** Enter breaks the line; with Ctrl or ⌘ it submits the form around. */
  private key(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) this.closest("form")?.requestSubmit();
  }
}

define("causerie-area", Area);

declare global {
  interface HTMLElementTagNameMap {
    "causerie-area": Area;
  }
}
