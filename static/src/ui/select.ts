// A labelled choice of one among several. The browser's own, so that phones show their own wheel.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { base, CauserieElement, define } from "./element.js";
import { labelled } from "./labelled.js";

export interface Choice {
  id: string;
  label: string;
}

export class Select extends CauserieElement {
  static override styles = [
    base,
    labelled,
    css`
      select {
        padding-inline: 8px;
        text-overflow: ellipsis;
      }
      :host([small]) select {
        block-size: 28px;
        font-size: 14px;
      }
      @media (pointer: coarse) {
        :host([small]) select {
          block-size: 44px;
          font-size: 16px;
        }
      }
    `,
  ];

  @property() name = "";
  @property() label = "";
  @property() value = "";
  @property({ attribute: false }) choices: readonly Choice[] = [];
  /** In a row, where the label would only repeat its heading: it is spoken, not shown. */
  @property({ type: Boolean, reflect: true }) small = false;
  @property({ type: Boolean }) disabled = false;
  @property() hint = "";
  @property() problem = "";
  @query("select") private select!: HTMLSelectElement;

  override focus(): void {
    void this.updateComplete.then(() => this.select.focus());
  }

  override render(): TemplateResult {
    return html`<label><span class=${this.small ? "unseen" : nothing}>${this.label}</span>
      <select name=${this.name} ?disabled=${this.disabled} aria-invalid=${String(!!this.problem)}
        aria-describedby=${this.problem || this.hint ? "under" : nothing} @change=${this.chosen}>
        ${this.choices.map(({ id, label }) => html`<option value=${id} .selected=${id === this.value}>${label}</option>`)}
      </select></label>
      ${this.problem || this.hint
        ? html`<p class=${this.problem ? "problem" : nothing} id="under">${this.problem || this.hint}</p>`
        : nothing}`;
  }

  private chosen(): void {
    this.value = this.select.value;
    this.tell("change", this.value);
  }
}

define("causerie-select", Select);

declare global {
  interface HTMLElementTagNameMap {
    "causerie-select": Select;
  }
}
