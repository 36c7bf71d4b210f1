// How much of a whole is used, as a ring: for a figure that stands in a line of text.
import { css, html, nothing, svg, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { base, CauserieElement, define } from "./element.js";

const RADIUS = 9;
const ROUND = 2 * Math.PI * RADIUS;

export class Ring extends CauserieElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
        flex: none;
      }
      circle {
        fill: none;
        stroke: color-mix(in oklab, var(--text) 14%, transparent);
        stroke-width: 4;
      }
      .used {
        stroke: var(--accent);
        stroke-linecap: round;
        transform: rotate(-90deg);
        transform-origin: center;
        transition: stroke-dashoffset var(--place);
      }
      .used.warn {
        stroke: var(--warn);
      }
      .used.bad {
        stroke: var(--bad);
      }
      @media (forced-colors: active) {
        circle {
          stroke: GrayText;
        }
        .used {
          stroke: Highlight;
        }
      }
    `,
  ];

  /** 0…1; absent: not known. */
  @property({ type: Number }) value: number | undefined;
  @property() label = "";
  /** What the figure says in words. */
  @property() text = "";

  override render(): TemplateResult {
    const value = Math.min(1, Math.max(0, this.value ?? 0));
    const kind = value >= 0.95 ? "bad" : value >= 0.8 ? "warn" : "";
    const arc = svg`<circle class="used ${kind}" cx="12" cy="12" r=${RADIUS} stroke-dasharray=${ROUND}
      stroke-dashoffset=${ROUND * (1 - value)} />`;
    return html`<svg width="24" height="24" viewBox="0 0 24 24" role="meter" aria-label=${this.label} aria-valuemin="0"
      aria-valuemax="100" aria-valuenow=${Math.round(value * 100)} aria-valuetext=${this.text || nothing}>
      <circle cx="12" cy="12" r=${RADIUS} />${value > 0 ? arc : nothing}
    </svg>`;
  }
}

define("causerie-ring", Ring);
