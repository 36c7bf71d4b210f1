// A number between two others, by a slider that says what it is and where it can go. Without a value
// it stands aside and something else decides.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { base, buttons, CauserieElement, define } from "./element.js";
import { icon } from "./icon.js";

export class Slider extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      .head {
        display: flex;
        align-items: center;
        gap: 4px;
        min-block-size: 28px;
        font-size: 14px;
      }
      label {
        flex: 1;
        font-weight: 500;
      }
      output {
        font-variant-numeric: tabular-nums;
      }
      output.rest {
        color: var(--muted);
      }
      input {
        display: block;
        inline-size: 100%;
        block-size: 24px;
        margin: 0;
        background: none;
        appearance: none;
        cursor: pointer;
      }
      input::-webkit-slider-runnable-track {
        block-size: 4px;
        border-radius: 2px;
        background: linear-gradient(to right, var(--accent) var(--part, 0%), var(--line) var(--part, 0%));
      }
      input:dir(rtl)::-webkit-slider-runnable-track {
        background: linear-gradient(to left, var(--accent) var(--part, 0%), var(--line) var(--part, 0%));
      }
      input::-moz-range-track {
        block-size: 4px;
        border-radius: 2px;
        background: var(--line);
      }
      input::-moz-range-progress {
        block-size: 4px;
        border-radius: 2px;
        background: var(--accent);
      }
      input::-webkit-slider-thumb {
        inline-size: 18px;
        block-size: 18px;
        margin-block-start: -7px;
        border: 2px solid var(--accent);
        border-radius: 50%;
        background: var(--accent);
        appearance: none;
      }
      input::-moz-range-thumb {
        inline-size: 14px;
        block-size: 14px;
        border: 2px solid var(--accent);
        border-radius: 50%;
        background: var(--accent);
      }
      /* Nobody has set it: the thumb only marks a place. */
      input.rest {
        --part: 0%;
      }
      input.rest::-webkit-slider-thumb {
        border-color: var(--control);
        background: var(--surface);
      }
      input.rest::-moz-range-thumb {
        border-color: var(--control);
        background: var(--surface);
      }
      input.rest::-moz-range-progress {
        background: var(--line);
      }
      @media (forced-colors: active) {
        input {
          appearance: auto;
        }
      }
      input:disabled {
        cursor: default;
      }
      .range {
        display: flex;
        justify-content: space-between;
        font-size: 12px;
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .why {
        font-size: 12px;
        color: var(--muted);
      }
      @media (pointer: coarse) {
        input {
          block-size: 44px;
        }
      }
    `,
  ];

  @property() label = "";
  @property({ type: Number }) min = 0;
  @property({ type: Number }) max = 1;
  @property({ type: Number }) step = 0.1;
  /** Absent: it stands at `rest`, where something else decides. */
  @property({ type: Number }) value: number | undefined;
  @property({ type: Number }) rest = 0;
  /** The value in words. */
  @property({ attribute: false }) words: (value: number | undefined) => string = String;
  /** What the button says that takes the value away. */
  @property() reset = "";
  /** Why it cannot be moved; empty: it can. */
  @property() why = "";
  @query("input") private input!: HTMLInputElement;

  override render(): TemplateResult {
    const set = this.value !== undefined;
    const text = this.words(this.value);
    return html`<div class="head">
        <label for="range">${this.label}</label>
        ${this.why ? nothing : html`<output class=${set ? "" : "rest"} for="range">${text}</output>`}
        ${set && !this.why
          ? html`<button class="quiet" type="button" aria-label=${this.reset} title=${this.reset}
              @click=${this.clear}>${icon("again", 14)}</button>`
          : nothing}
      </div>
      <input id="range" type="range" class=${set ? "" : "rest"} min=${this.min} max=${this.max} step=${this.step}
        .value=${String(this.value ?? this.rest)} ?disabled=${!!this.why} aria-valuetext=${text}
        aria-describedby=${this.why ? "why" : nothing} @input=${this.moved} />
      ${this.why
        ? html`<p class="why" id="why">${this.why}</p>`
        : html`<div class="range" aria-hidden="true"><span>${this.words(this.min)}</span><span>${this.words(this.max)}</span></div>`}`;
  }

  override updated(): void {
    const part = ((this.value ?? this.rest) - this.min) / (this.max - this.min || 1);
    if (this.value === undefined) this.input.style.removeProperty("--part");
    else this.input.style.setProperty("--part", `${Math.round(part * 100)}%`);
  }

  private moved(): void {
    this.value = Number(this.input.value);
    this.tell("change", this.value);
  }

  private clear(): void {
    this.value = undefined;
    this.tell("change", undefined);
    this.input.focus();
  }
}

define("causerie-slider", Slider);
