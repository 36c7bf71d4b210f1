// Stacked areas over time. Colours come from the tokens and change with the theme; a pointer or the
// arrow keys read values, and a click says which band it met.
import { css, html, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { base, CauserieElement, define } from "./element.js";
import { Plot, stack } from "./plot.js";

/** Something out of the ordinary since a moment in Unix seconds, drawn behind the curves. */
export interface Mark {
  since: number;
  high: boolean;
}

export interface Band {
  key: string;
  /** 1…8 a series colour, 9 everything else. */
  colour: number;
}

const HEIGHT = 248;
/** A band is this much of its colour on the surface, so that lines stay in sight. */
const FILL = 30;

export class Chart extends CauserieElement {
  static override styles = [
    base,
    css`
      :host {
        position: relative;
        block-size: ${HEIGHT}px;
        min-inline-size: 0;
        direction: ltr;
      }
      .plot {
        position: absolute;
        inset: 0;
        overflow: hidden;
        border-radius: var(--radius-small);
        cursor: crosshair;
      }
      .plot:focus-visible {
        outline-offset: -2px;
      }
      /* Its colour tells of another theme: when it has changed, everything is drawn anew. Where colours are
         forced, series would all become one. */
      canvas {
        display: block;
        inline-size: 100%;
        block-size: 100%;
        background: var(--canvas);
        color: var(--muted);
        transition: color 1ms;
        forced-color-adjust: none;
      }
      .cursor {
        position: absolute;
        inset-block: 12px 26px;
        inset-inline-start: 0;
        border-inline-start: 1px dashed var(--control);
        transform: translateX(var(--at, 0));
        pointer-events: none;
      }
    `,
  ];

  @property() label = "";
  /** Texts for the axes: a moment in Unix seconds, an amount in dollars at a tick step. */
  @property({ attribute: false }) time: (second: number, step: number) => string = String;
  @property({ attribute: false }) amount: (usd: number, step: number) => string = String;
  @property({ attribute: false }) marks: readonly Mark[] = [];
  @query(".plot") private box!: HTMLElement;
  @query("canvas") private canvas!: HTMLCanvasElement;
  @state() private cursor: number | undefined;
  private plot: Plot | undefined;
  private bands: readonly Band[] = [];
  private sums: readonly Float64Array[] = [];
  private times: Float64Array = new Float64Array(0);
  private step = 1;
  private readonly observer = new ResizeObserver(() => this.repaint());
  private readonly colours = new Map<string, string>();
  private muted = "";

  override render(): TemplateResult {
    return html`<div class="plot" role="img" tabindex="0" aria-label=${this.label} @keydown=${this.key}
      @focusout=${() => this.point(undefined)} @pointermove=${this.moved} @pointerleave=${() => this.point(undefined)} @click=${this.clicked}>
      <canvas @transitionend=${() => this.repaint()}></canvas><div class="cursor" ?hidden=${this.cursor === undefined}></div>
    </div>`;
  }

  override firstUpdated(): void {
    this.plot = new Plot(this.canvas);
    this.observer.observe(this.box);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // It was taken out and stands somewhere else now, of another size perhaps.
    if (this.hasUpdated) this.observer.observe(this.box);
  }

  override updated(): void {
    if (this.cursor === undefined || !this.plot) return;
    this.box.style.setProperty("--at", `${this.plot.left(this.cursor, this.times.length)}px`);
  }

  override disconnectedCallback(): void {
    this.observer.disconnect();
    super.disconnectedCallback();
  }

  /** Shows `rows` laid on each other in the order of `bands`; `step` seconds a bucket. */
  draw(times: Float64Array, bands: readonly Band[], rows: readonly Float64Array[], step: number): void {
    this.times = times;
    this.bands = bands;
    this.step = step;
    this.sums = stack(rows);
    this.repaint();
  }

  repaint(): void {
    if (!this.plot || !this.isConnected || !this.times.length) return;
    // With another theme every colour is another: one of them tells.
    const { color: muted, fontFamily } = getComputedStyle(this.canvas);
    if (muted !== this.muted) this.colours.clear();
    this.muted = muted;
    this.plot.draw({
      times: this.times,
      sums: this.sums,
      areas: this.bands.map(({ colour }) => {
        const token = colour > 8 ? "var(--control)" : `var(--series-${colour})`;
        return { stroke: this.colour(token), fill: this.colour(`color-mix(in srgb, ${token} ${FILL}%, var(--canvas))`) };
      }),
      // The grave ones on top of the others.
      stripes: this.marks
        .toSorted((a, b) => Number(a.high) - Number(b.high))
        .map(({ since, high }) => ({ since, colour: this.colour(high ? "var(--bad-soft)" : "var(--warn-soft)") })),
      step: this.step,
      now: Date.now() / 1000,
      muted,
      line: this.colour("var(--line)"),
      pale: this.colour("color-mix(in srgb, var(--canvas) 65%, transparent)"),
      font: `12px ${fontFamily}`,
      time: this.time,
      amount: this.amount,
    });
  }

  private colour(expression: string): string {
    let found = this.colours.get(expression);
    if (found === undefined) this.colours.set(expression, (found = this.read(expression)));
    return found;
  }

  /** A token's colour as the canvas needs it; asked once for each theme, since asking costs a layout. */
  private read(expression: string): string {
    const { style } = this.canvas;
    style.setProperty("transition", "none");
    style.setProperty("background-color", expression);
    const found = getComputedStyle(this.canvas).backgroundColor;
    style.removeProperty("background-color");
    style.removeProperty("transition");
    return found;
  }

  private point(at: number | undefined): void {
    if (at === this.cursor) return;
    this.cursor = at;
    this.tell("cursor", at);
  }

  private moved(event: PointerEvent): void {
    const left = event.clientX - this.box.getBoundingClientRect().left;
    this.point(this.plot?.bucket(left, this.times.length));
  }

  private clicked(event: MouseEvent): void {
    const box = this.box.getBoundingClientRect();
    const at = this.plot?.bucket(event.clientX - box.left, this.times.length);
    const usd = this.plot?.value(event.clientY - box.top) ?? -1;
    if (at === undefined || usd < 0) return;
    // The lowest band that reaches so high: sums fall from the first row to the last.
    const met = this.sums.findLastIndex((sum) => (sum[at] ?? 0) >= usd);
    const band = this.bands[met];
    if (band) this.tell("band", band.key);
  }

  private key(event: KeyboardEvent): void {
    const last = this.times.length - 1;
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (!step || last < 0) return;
    event.preventDefault();
    const at = this.cursor ?? last + (step > 0 ? 0 : 1);
    const to = Math.min(last, Math.max(0, at + step * (event.shiftKey ? 10 : 1)));
    this.point(to);
    this.tell("read", to);
  }
}

define("causerie-chart", Chart);
