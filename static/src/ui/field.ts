// A labelled text field that says what is wrong with it.
import { html, nothing, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { base, CauserieElement, define } from "./element.js";
import { labelled } from "./labelled.js";

export class Field extends CauserieElement {
  static override styles = [base, labelled];

  @property() name = "";
  @property() type: "text" | "email" | "password" | "search" | "url" | "date" = "text";
  @property() label = "";
  @property() autocomplete = "off";
  @property() problem = "";
  /** What is good to know before it is filled in. */
  @property() hint = "";
  /** It may stay empty. */
  @property({ type: Boolean }) optional = false;
  /** Characters that it must have. */
  @property({ type: Number }) least = 1;
  /** What stands in it at first. */
  @property() initial = "";
  @property() inputmode: "text" | "numeric" | "decimal" = "text";
  @property({ type: Number }) maxlength = 320;
  /** What is offered while one types. */
  @property({ attribute: false }) suggestions: readonly string[] = [];
  @query("input") private input!: HTMLInputElement;

  get value(): string {
    return this.input.value;
  }

  set value(text: string) {
    this.input.value = text;
  }

  override focus(): void {
    void this.updateComplete.then(() => this.input.focus());
  }

  override render(): TemplateResult {
    return html`<label>${this.label}
        <input name=${this.name} type=${this.type} autocomplete=${this.autocomplete as AutoFill} spellcheck="false"
          autocapitalize="off" maxlength=${this.maxlength} aria-invalid=${String(!!this.problem)}
          inputmode=${this.inputmode === "text" ? nothing : this.inputmode} .defaultValue=${this.initial}
          list=${this.suggestions.length ? "suggestions" : nothing}
          aria-describedby=${this.problem ? "problem" : this.hint ? "hint" : nothing} @keydown=${this.key} />
      </label>
      ${this.suggestions.length
        ? html`<datalist id="suggestions">${this.suggestions.map((text) => html`<option value=${text}></option>`)}</datalist>`
        : nothing}
      ${this.problem
        ? html`<p class="problem" id="problem">${this.problem}</p>`
        : this.hint
          ? html`<p class="hint" id="hint">${this.hint}</p>`
          : nothing}`;
  }

  /** A form does not see an input inside another shadow tree: Enter submits for it. */
  private key(event: KeyboardEvent): void {
    if (event.key === "Enter" && !event.isComposing) this.closest("form")?.requestSubmit();
  }
}

define("causerie-field", Field);

declare global {
  interface HTMLElementTagNameMap {
    "causerie-field": Field;
  }
}
