// Stacked areas over time. uPlot draws; colours come from the tokens and change with the theme.
import { css, html, unsafeCSS, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";
import type uPlot from "uplot";
import uplotCss from "uplot/dist/uPlot.min.css?inline";

import { stack } from "../admin/feed.js";
import { base, CauserieElement, define } from "./element.js";

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
    unsafeCSS(uplotCss),
    base,
    css`
      :host {
        position: relative;
        block-size: ${HEIGHT}px;
        min-inline-size: 0;
      }
      .plot {
        position: absolute;
        inset: 0;
        overflow: hidden;
        border-radius: var(--radius-small);
      }
      .plot:focus-visible {
        outline-offset: -2px;
      }
      .u-cursor-x {
        border-color: var(--control);
      }
      .u-over {
        cursor: crosshair;
      }
    `,
  ];

  @property() label = "";
  /** Texts for the axes: a moment in Unix seconds, an amount in dollars at a tick step. */
  @property({ attribute: false }) time: (second: number, step: number) => string = String;
  @property({ attribute: false }) amount: (usd: number, step: number) => string = String;
  @property({ attribute: false }) marks: readonly Mark[] = [];
  @query(".plot") private box!: HTMLElement;
  private plot: uPlot | undefined;
  private bands: readonly Band[] = [];
  private data: uPlot.AlignedData = [new Float64Array(0)];
  private step = 1;
  private observer: ResizeObserver | undefined;
  private readonly scheme = matchMedia("(prefers-color-scheme: dark)");

  override render(): TemplateResult {
    return html`<div class="plot" role="img" tabindex="0" aria-label=${this.label} @keydown=${this.key}
      @focusout=${() => this.point(undefined)}></div>`;
  }

  override firstUpdated(): void {
    this.observer = new ResizeObserver(() => {
      this.plot?.setSize({ width: this.box.clientWidth, height: HEIGHT });
    });
    this.observer.observe(this.box);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.scheme.addEventListener("change", this.repaint);
  }

  override disconnectedCallback(): void {
    this.observer?.disconnect();
    this.scheme.removeEventListener("change", this.repaint);
    this.plot?.destroy();
    this.plot = undefined;
    super.disconnectedCallback();
  }

  /** The theme has changed: canvas colours are figures and must be read again. */
  readonly repaint = (): void => {
    this.plot?.destroy();
    this.plot = undefined;
    void this.build();
  };

  /** Shows `rows` laid on each other in the order of `bands`; `step` seconds a bucket. */
  async draw(times: Float64Array, bands: readonly Band[], rows: readonly Float64Array[], step: number): Promise<void> {
    const same = this.step === step && bands.length === this.bands.length &&
      bands.every((band, at) => band.key === this.bands[at]?.key && band.colour === this.bands[at]?.colour);
    this.bands = bands;
    this.step = step;
    this.data = [times, ...stack(rows)];
    if (same && this.plot) this.plot.setData(this.data);
    else {
      this.plot?.destroy();
      this.plot = undefined;
      await this.build();
    }
  }

  private async build(): Promise<void> {
    const { default: Plot } = await import("uplot");
    await this.updateComplete;
    if (this.plot || !this.isConnected || this.data[0].length === 0) return;
    this.plot = new Plot(this.options(Plot), this.data, this.box);
  }

  /** A token's colour as the canvas needs it. */
  private colour(expression: string): string {
    this.box.style.setProperty("color", expression);
    const found = getComputedStyle(this.box).color;
    this.box.style.removeProperty("color");
    return found;
  }

  private options(Plot: typeof uPlot): uPlot.Options {
    const muted = this.colour("var(--muted)");
    const line = this.colour("var(--line)");
    const font = `12px ${getComputedStyle(this).fontFamily}`;
    const pale = this.colour("color-mix(in srgb, var(--canvas) 65%, transparent)");
    const [bad, warn] = [this.colour("var(--bad-soft)"), this.colour("var(--warn-soft)")];
    const axis = { stroke: muted, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
    return {
      width: this.box.clientWidth,
      height: HEIGHT,
      padding: [12, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      tzDate: (second) => Plot.tzDate(new Date(second * 1000), "Etc/UTC"),
      scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.12 : 0.001] } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 26,
          space: (_plot, _axis, _least, _most, width) => (width < 480 ? 44 : 72),
          values: (_plot, splits, _axis, _space, step) => splits.map((second) => this.time(second, step)),
        },
        {
          ...axis,
          size: 64,
          space: 44,
          values: (_plot, splits, _axis, _space, step) => splits.map((usd) => this.amount(usd, step)),
        },
      ],
      series: [
        {},
        ...this.bands.map(({ colour }) => {
          const token = colour > 8 ? "var(--control)" : `var(--series-${colour})`;
          return {
            stroke: this.colour(token),
            width: 1.25,
            fill: this.colour(`color-mix(in srgb, ${token} ${FILL}%, var(--canvas))`),
            points: { show: false },
          };
        }),
      ],
      hooks: {
        drawClear: [
          (plot) => {
            const { left, top, width, height } = plot.bbox;
            const to = Math.min(left + width, plot.valToPos(Date.now() / 1000, "x", true));
            // The grave ones on top of the others.
            for (const { since, high } of this.marks.toSorted((a, b) => Number(a.high) - Number(b.high))) {
              const from = Math.max(left, plot.valToPos(since, "x", true));
              plot.ctx.fillStyle = high ? bad : warn;
              if (from < to) plot.ctx.fillRect(from, top, to - from, height);
            }
          },
        ],
        // The bucket that is still filling up is pale: it is not yet what it will be.
        draw: [
          (plot) => {
            const last = plot.data[0].at(-1) ?? 0;
            const from = plot.valToPos(last - this.step, "x", true);
            const { left, top, width, height } = plot.bbox;
            plot.ctx.fillStyle = pale;
            plot.ctx.fillRect(from, top, left + width - from, height);
          },
        ],
        setCursor: [(plot) => this.tell("cursor", plot.cursor.idx ?? undefined)],
      },
    };
  }

  private point(at: number | undefined): void {
    const { plot } = this;
    if (!plot) return;
    const second = at === undefined ? undefined : plot.data[0][at];
    plot.setCursor(
      second === undefined ? { left: -10, top: -10 } : { left: plot.valToPos(second, "x"), top: 10 },
    );
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !this.plot) return;
    event.preventDefault();
    const last = this.plot.data[0].length - 1;
    const at = this.plot.cursor.idx ?? last + (step > 0 ? 0 : 1);
    this.point(Math.min(last, Math.max(0, at + step * (event.shiftKey ? 10 : 1))));
  }
}

define("causerie-chart", Chart);
