// Amounts by step, names stacked on each other. Own SVG: sharp at every size, and it needs no library.
// A slider to whoever cannot see it: arrow keys walk from step to step and hear what each was.
import { css, html, nothing, svg, type PropertyValues, type SVGTemplateResult, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { locale } from "../core/i18n.js";
import { approximate } from "../core/money.js";
import { ticks } from "./axis.js";
import { base, CauserieElement, define } from "./element.js";
import { swatches } from "./palette.js";

/** A step: its name under the bar, and all that is said of it. */
export interface Step {
  tick: string;
  words: string;
}

/** A name: a colour of 1…9, and dollars by step. */
export interface Stripe {
  colour: number;
  amounts: readonly string[];
}

const AXIS_HEIGHT = 22;
const AXIS_WIDTH = 52;
/** Room that the name of a step needs. */
const TICK_WIDTH = 56;

export class Bars extends CauserieElement {
  static override styles = [
    base,
    swatches,
    css`
      :host {
        min-inline-size: 0;
        block-size: 232px;
      }
      :host([plain]) {
        block-size: 96px;
      }
      .plot {
        block-size: 100%;
        border-radius: var(--radius-small);
        touch-action: pan-y;
      }
      :host(:not([plain])) .plot {
        cursor: pointer;
      }
      .plot:focus-visible {
        outline-offset: 2px;
      }
      svg {
        inline-size: 100%;
        block-size: 100%;
        overflow: visible;
        direction: ltr;
      }
      rect {
        fill: var(--colour);
      }
      .over {
        fill: color-mix(in oklab, var(--text) 7%, transparent);
      }
      line {
        stroke: var(--line);
        shape-rendering: crispEdges;
      }
      text {
        fill: var(--muted);
        font-size: 12px;
        font-variant-numeric: tabular-nums;
      }
      @media (forced-colors: active) {
        svg {
          forced-color-adjust: none;
        }
        text {
          fill: CanvasText;
        }
        line {
          stroke: GrayText;
        }
        .over {
          fill: none;
          stroke: Highlight;
        }
      }
    `,
  ];

  /** What is to be seen, in a sentence. */
  @property() label = "";
  @property({ attribute: false }) steps: readonly Step[] = [];
  /** The first lies at the bottom. */
  @property({ attribute: false }) stripes: readonly Stripe[] = [];
  /** Bars alone: neither axes nor a step to choose. */
  @property({ type: Boolean, reflect: true }) plain = false;
  @state() private at: number | undefined;
  @state() private width = 0;
  @state() private height = 0;
  @query(".plot") private plot!: HTMLElement;
  private observer: ResizeObserver | undefined;

  override firstUpdated(): void {
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(this.plot);
    this.measure();
  }

  override disconnectedCallback(): void {
    this.observer?.disconnect();
    super.disconnectedCallback();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.plot) this.observer?.observe(this.plot);
  }

  private measure(): void {
    this.width = this.plot.clientWidth;
    this.height = this.plot.clientHeight;
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("steps") && this.at !== undefined && this.at >= this.steps.length) this.at = undefined;
  }

  override render(): TemplateResult {
    const last = this.steps.length - 1;
    const at = this.at ?? last;
    const picture = this.width && this.steps.length ? this.picture() : nothing;
    if (this.plain) return html`<div class="plot" role="img" aria-label=${this.label}>${picture}</div>`;
    return html`<div class="plot" role="slider" tabindex="0" aria-label=${this.label} aria-valuemin="0"
      aria-valuemax=${Math.max(0, last)} aria-valuenow=${Math.max(0, at)} aria-valuetext=${this.steps[at]?.words ?? nothing}
      @keydown=${this.key} @focusout=${() => this.point(undefined)} @pointermove=${this.hover}
      @pointerleave=${() => this.point(undefined)} @click=${this.press}>${picture}</div>`;
  }

  private get left(): number {
    return this.plain ? 0 : AXIS_WIDTH;
  }

  private picture(): SVGTemplateResult {
    const { width, height, left, steps, stripes } = this;
    const foot = height - (this.plain ? 1 : AXIS_HEIGHT);
    const sums = steps.map((_step, at) => stripes.reduce((sum, { amounts }) => sum + approximate(amounts[at] ?? "0"), 0));
    const scale = ticks(Math.max(0, ...sums), locale());
    const room = (width - left) / steps.length;
    const bar = Math.max(1, Math.min(40, room * (room > 8 ? 0.72 : 0.9)));
    const y = (usd: number): number => foot - (usd / scale.top) * (foot - 8);
    const every = Math.max(1, Math.ceil(TICK_WIDTH / room));
    return svg`<svg viewBox="0 0 ${width} ${height}" aria-hidden="true">
      ${this.plain
        ? svg`<line x1="0" x2=${width} y1=${foot} y2=${foot}></line>`
        : scale.ticks.map(({ usd, text }) => svg`
          <line x1=${left} x2=${width} y1=${Math.round(y(usd))} y2=${Math.round(y(usd))}></line>
          <text x=${left - 8} y=${y(usd) + 4} text-anchor="end">${text}</text>`)}
      ${steps.map((step, at) => {
        const x = left + at * room;
        const middle = x + room / 2;
        let below = 0;
        return svg`
          ${at === this.at ? svg`<rect class="over" x=${x} y="0" width=${room} height=${foot}></rect>` : nothing}
          ${stripes.map(({ colour, amounts }) => {
            const usd = approximate(amounts[at] ?? "0");
            if (usd <= 0) return nothing;
            const bottom = y(below);
            below += usd;
            // However little it was, it is to be seen.
            const top = Math.min(y(below), bottom - 1);
            return svg`<rect class="s${colour}" x=${middle - bar / 2} y=${top} width=${bar} height=${bottom - top}></rect>`;
          })}
          ${!this.plain && at % every === 0
            ? svg`<text x=${Math.min(middle, width - 18)} y=${height - 4} text-anchor="middle">${step.tick}</text>`
            : nothing}`;
      })}
    </svg>`;
  }

  private point(at: number | undefined): void {
    if (at === this.at) return;
    this.at = at;
    this.tell("cursor", at);
  }

  private under(event: MouseEvent): number | undefined {
    const x = event.clientX - this.plot.getBoundingClientRect().left - this.left;
    const at = Math.floor((x / (this.width - this.left)) * this.steps.length);
    return x >= 0 && at < this.steps.length ? at : undefined;
  }

  private hover(event: PointerEvent): void {
    this.point(this.under(event));
  }

  private press(event: MouseEvent): void {
    const at = this.under(event);
    if (at !== undefined) this.tell("pick", at);
  }

  private key(event: KeyboardEvent): void {
    const last = this.steps.length - 1;
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -7, PageUp: 7, Home: -last, End: last }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const at = this.at ?? last + (step === -1 ? 1 : 0);
      this.point(Math.min(last, Math.max(0, at + step)));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (last >= 0) this.tell("pick", this.at ?? last);
    }
  }
}

define("causerie-bars", Bars);
