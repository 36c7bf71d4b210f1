// How much of a whole is used. A real `<meter>`, because widths by style attribute are refused.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { locale } from "../core/i18n.js";
import { base, CauserieElement, define } from "./element.js";

export class Meter extends CauserieElement {
  static override styles = [
    base,
    css`
      .track {
        block-size: 6px;
        border-radius: 3px;
        background: color-mix(in oklab, var(--text) 12%, transparent);
        overflow: hidden;
      }
      .fill {
        block-size: 100%;
        inline-size: var(--part, 0%);
        border-radius: 3px;
        background: var(--accent);
        transition: inline-size var(--place);
      }
      .fill.warn {
        background: var(--warn);
      }
      .fill.bad {
        background: var(--bad);
      }
      .scale {
        position: relative;
        block-size: 5px;
      }
      .scale.named {
        block-size: 20px;
        color: var(--muted);
        font-size: 12px;
      }
      .mark {
        position: absolute;
        inset-block-start: 0;
        inset-inline-end: 20%;
        padding-block-start: 5px;
        padding-inline-end: 3px;
        border-inline-end: 1px solid var(--control);
        line-height: 1;
      }
      .mark + .mark {
        inset-inline-end: 5%;
      }
      @media (forced-colors: active) {
        .track {
          border: 1px solid CanvasText;
        }
        .fill {
          background: Highlight;
        }
      }
    `,
  ];

  /** 0…1 */
  @property({ type: Number }) value = 0;
  @property() label = "";
  /** What the figure says in words. */
  @property() text = "";
  /** The marks at which users are told; `named`: with their figures. */
  @property() marks: "" | "ticks" | "named" = "";

  override render(): TemplateResult {
    const kind = this.value >= 0.95 ? "bad" : this.value >= 0.8 ? "warn" : "";
    return html`<div class="track" role="meter" aria-label=${this.label} aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.round(this.value * 100)} aria-valuetext=${this.text || nothing}>
      <div class="fill ${kind}"></div>
    </div>${this.scale()}`;
  }

  private scale(): TemplateResult | typeof nothing {
    if (!this.marks) return nothing;
    const percent = new Intl.NumberFormat(locale(), { style: "percent" });
    return html`<div class="scale ${this.marks}" aria-hidden="true">
      ${[0.8, 0.95].map((at) => html`<span class="mark">${this.marks === "named" ? percent.format(at) : nothing}</span>`)}
    </div>`;
  }

  override updated(): void {
    const fill = this.renderRoot.querySelector<HTMLElement>(".fill");
    fill?.style.setProperty("--part", `${Math.min(100, this.value * 100)}%`);
  }
}

define("causerie-meter", Meter);
