// A labelled day and minute in UTC. What stands in it is never shifted to the reader's own zone.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { base, CauserieElement, define } from "./element.js";
import { labelled } from "./labelled.js";

export class Moment extends CauserieElement {
  static override styles = [
    base,
    labelled,
    css`
      input {
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property() name = "";
  /** Ends with "UTC", in the words of the page. */
  @property() label = "";
  /** What stands in it at first: a moment as the wire writes it. */
  @property() initial = "";
  @property() problem = "";
  @query("input") private input!: HTMLInputElement;

  /** As the wire writes it; empty: nothing that is a moment stands there. */
  get value(): string {
    const moment = Date.parse(`${this.input.value}Z`);
    return Number.isFinite(moment) ? new Date(moment).toISOString() : "";
  }

  override focus(): void {
    void this.updateComplete.then(() => this.input.focus());
  }

  override render(): TemplateResult {
    return html`<label>${this.label}
        <input type="datetime-local" name=${this.name} .defaultValue=${this.initial.slice(0, 16)}
          aria-invalid=${String(!!this.problem)} aria-describedby=${this.problem ? "problem" : nothing}
          @change=${() => this.tell("change", this.value)} />
      </label>
      ${this.problem ? html`<p class="problem" id="problem">${this.problem}</p>` : nothing}`;
  }
}

define("causerie-moment", Moment);

declare global {
  interface HTMLElementTagNameMap {
    "causerie-moment": Moment;
  }
}
