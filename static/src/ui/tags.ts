// A list of short texts: Enter or a comma adds what is typed, each goes by its own button.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { base, buttons, CauserieElement, define } from "./element.js";
import { icon } from "./icon.js";

export class Tags extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      label,
      .label {
        display: block;
        margin-block-end: 6px;
        font-size: 14px;
        font-weight: 500;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
      ul:not(:empty) {
        margin-block-end: 8px;
      }
      li {
        display: flex;
        align-items: center;
        max-inline-size: 100%;
        padding-inline-start: 10px;
        border-radius: var(--radius-small);
        background: var(--sunken);
        font-size: 14px;
      }
      li span {
        overflow-wrap: anywhere;
      }
      .add {
        display: flex;
        gap: 8px;
      }
      input {
        flex: 1;
        min-inline-size: 0;
        block-size: 40px;
        padding-inline: 12px;
        border: 1px solid var(--control);
        border-radius: var(--radius-small);
        background: var(--surface);
        font-size: 16px;
      }
      input[aria-invalid="true"] {
        border-color: var(--bad);
      }
      .add .button {
        block-size: 40px;
      }
      p {
        margin-block-start: 6px;
        font-size: 13px;
        color: var(--muted);
      }
      .problem {
        color: var(--bad);
      }
      @media (pointer: coarse) {
        input,
        .add .button {
          block-size: 44px;
        }
      }
    `,
  ];

  @property() name = "";
  @property() label = "";
  @property() hint = "";
  @property() problem = "";
  @property({ attribute: false }) value: readonly string[] = [];
  @property({ type: Number }) least = 1;
  @property({ type: Number }) maxlength = 100;
  @property({ type: Number }) most = 50;
  @state() private short = false;
  @query("input") private input!: HTMLInputElement;

  override focus(): void {
    void this.updateComplete.then(() => this.input.focus());
  }

  override render(): TemplateResult {
    const problem = this.short ? t("form.short", { count: this.least }) : this.problem;
    return html`<label for="input">${this.label}</label>
      <ul>${this.value.map(
        (text, index) => html`<li><span dir="auto">${text}</span>
          <button class="quiet" type="button" aria-label=${t("tags.remove", { text })} @click=${() => void this.drop(index)}>
            ${icon("close", 14)}
          </button></li>`,
      )}</ul>
      <div class="add">
        <input id="input" dir="auto" autocomplete="off" maxlength=${this.maxlength} ?disabled=${this.value.length >= this.most}
          aria-invalid=${String(!!problem)} aria-describedby=${problem || this.hint ? "under" : nothing}
          @keydown=${this.key} @change=${this.add} />
        <button class="button" type="button" ?disabled=${this.value.length >= this.most} @click=${this.add}>${t("tags.add")}</button>
      </div>
      ${problem || this.hint ? html`<p class=${problem ? "problem" : nothing} id="under">${problem || this.hint}</p>` : nothing}`;
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing || (event.key !== "Enter" && event.key !== ",")) return;
    event.preventDefault();
    this.add();
  }

  private add(): void {
    const text = this.input.value.trim();
    this.short = text !== "" && text.length < this.least;
    if (!text || this.short) return;
    this.input.value = "";
    const known = this.value.some((one) => one.toLowerCase() === text.toLowerCase());
    if (!known) this.set([...this.value, text]);
  }

  private async drop(index: number): Promise<void> {
    this.set(this.value.filter((_, at) => at !== index));
    await this.updateComplete;
    this.input.focus();
  }

  private set(value: readonly string[]): void {
    this.value = value;
    this.tell("change", value);
  }
}

define("causerie-tags", Tags);

declare global {
  interface HTMLElementTagNameMap {
    "causerie-tags": Tags;
  }
}
