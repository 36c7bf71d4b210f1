// From when to when: one of a few rolling windows, or two days. Days are UTC, and say so.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { base, CauserieElement, define } from "./element.js";
import type { Segment } from "./segmented.js";
import "./segmented.js";

export interface RangeWords {
  label: string;
  from: string;
  to: string;
  dates: string;
}

/** The choice beside the rolling windows. */
const DATES = "dates";

export class TimeRange extends CauserieElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 12px;
        font-size: 13px;
      }
      .dates {
        display: inline-flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px;
      }
      input {
        block-size: var(--control-height);
        padding-inline: 8px;
        border: 1px solid var(--control);
        border-radius: var(--radius-small);
        background: var(--surface);
        color-scheme: inherit;
        font-variant-numeric: tabular-nums;
      }
      @media (pointer: coarse) {
        input {
          font-size: 16px;
        }
      }
    `,
  ];

  @property({ attribute: false }) windows: readonly Segment[] = [];
  /** The id of a window, or two days, both of them included. */
  @property({ attribute: false }) value: string | { from: string; to: string } = "";
  /** What the dates begin with: the days of the window that is left. */
  @property({ attribute: false }) days: { from: string; to: string } = { from: "", to: "" };
  @property({ attribute: false }) words: RangeWords = { label: "", from: "", to: "", dates: "" };

  override render(): TemplateResult {
    const { value, words } = this;
    return html`<causerie-segmented label=${words.label} .value=${typeof value === "string" ? value : DATES}
        .options=${[...this.windows, { id: DATES, label: words.dates }]} @causerie-change=${this.look}></causerie-segmented>
      ${typeof value === "string" ? nothing : html`<span class="dates">${this.day("from", value)} – ${this.day("to", value)}</span>`}
      <span class="muted">UTC</span>`;
  }

  private day(end: "from" | "to", days: { from: string; to: string }): TemplateResult {
    return html`<input type="date" aria-label=${this.words[end]} .value=${days[end]} max="9999-12-31"
      @change=${(event: Event) => {
        const { value } = event.target as HTMLInputElement;
        if (value) this.tell("range", { ...days, [end]: value });
        else this.requestUpdate();
      }}>`;
  }

  private look(event: CustomEvent<string>): void {
    event.stopPropagation();
    this.tell("range", event.detail === DATES ? this.days : event.detail);
  }
}

define("causerie-time-range", TimeRange);
