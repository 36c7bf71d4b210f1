// Stacked areas on a canvas: just what live figures need, drawn anew in a millisecond.

export interface Area {
  stroke: string;
  fill: string;
}

/** Something behind the curves, from a moment (Unix seconds) to the present. */
export interface Stripe {
  since: number;
  colour: string;
}

export interface Picture {
  times: Float64Array;
  /** Sums, the highest first: each row stands in front of those before it. NaN: nobody knows. */
  sums: readonly Float64Array[];
  areas: readonly Area[];
  stripes: readonly Stripe[];
  /** Seconds a bucket. */
  step: number;
  now: number;
  muted: string;
  line: string;
  /** Laid over the bucket that is still filling up. */
  pale: string;
  font: string;
  time(second: number, step: number): string;
  amount(usd: number, step: number): string;
}

/** Room beside the curves for amounts of the usual length, and between an amount and its line. */
const LEFT = 64;
const GAP = 8;
const RIGHT = 8;
const TOP = 12;
const BOTTOM = 26;
/** Room that a tick wants: pixels upwards, and sideways on wide and narrow charts. */
const TICK_Y = 44;
const TICK_X = 72;
const TICK_X_NARROW = 44;
const NARROW = 480;

const TIME_STEPS = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000];

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((one) => one * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Seconds between two ticks of so many pixels a second, `room` pixels apart at least. */
export const timeStep = (pixels: number, room: number): number =>
  TIME_STEPS.find((one) => one * pixels >= room) ?? TIME_STEPS.at(-1)!;

/** Where things stand, for the pointer. */
export class Plot {
  private width = 0;
  private height = 0;
  private top = 0.001;
  /** Where the curves begin: beside the amounts. */
  private start = LEFT;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** The bucket under a pixel from the left edge. */
  bucket(x: number, buckets: number): number {
    const share = (x - this.start) / Math.max(1, this.width - this.start - RIGHT);
    return Math.min(buckets - 1, Math.max(0, Math.round(share * (buckets - 1))));
  }

  /** The pixel at which a bucket stands. */
  left(bucket: number, buckets: number): number {
    return this.start + (bucket / Math.max(1, buckets - 1)) * (this.width - this.start - RIGHT);
  }

  /** Dollars at a pixel from the upper edge. */
  value(y: number): number {
    return ((this.height - BOTTOM - y) / (this.height - BOTTOM - TOP)) * this.top;
  }

  draw(picture: Picture): void {
    const { canvas } = this;
    const [width, height, scale] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio || 1];
    const context = canvas.getContext("2d");
    if (!context || !width) return;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    this.width = width;
    this.height = height;
    let most = 0;
    for (const value of picture.sums[0] ?? []) if (value > most) most = value;
    this.top = most > 0 ? most * 1.12 : 0.001;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = picture.font;
    const rise = niceStep((this.top * TICK_Y) / (height - TOP - BOTTOM));
    const amounts = Array.from({ length: Math.floor(this.top / rise) + 1 }, (_none, at) => picture.amount(at * rise, rise));
    this.start = Math.max(LEFT, ...amounts.map((text) => Math.ceil(context.measureText(text).width) + 2 * GAP));
    this.stripes(context, picture);
    this.axes(context, picture, amounts, rise);
    const known = begun(picture.times, picture.now);
    picture.sums.forEach((sum, at) => this.area(context, sum, known, picture.areas[at]!));
    const last = (picture.times[known - 1] ?? 0) + picture.step > picture.now ? known - 1 : undefined;
    if (last === undefined || last < 1) return;
    const from = this.left(last - 1, picture.times.length);
    context.fillStyle = picture.pale;
    context.fillRect(from, TOP, this.left(last, picture.times.length) + 1 - from, height - TOP - BOTTOM);
  }

  private x(second: number, { times }: Picture): number {
    const [first, last] = [times[0] ?? 0, times.at(-1) ?? 1];
    return this.start + ((second - first) / Math.max(1, last - first)) * (this.width - this.start - RIGHT);
  }

  private y(usd: number): number {
    return this.height - BOTTOM - (usd / this.top) * (this.height - BOTTOM - TOP);
  }

  private stripes(context: CanvasRenderingContext2D, picture: Picture): void {
    const to = Math.min(this.width - RIGHT, this.x(picture.now, picture));
    for (const { since, colour } of picture.stripes) {
      const from = Math.max(this.start, this.x(since, picture));
      context.fillStyle = colour;
      if (from < to) context.fillRect(from, TOP, to - from, this.height - TOP - BOTTOM);
    }
  }

  private axes(context: CanvasRenderingContext2D, picture: Picture, amounts: readonly string[], rise: number): void {
    const { times } = picture;
    context.fillStyle = picture.muted;
    context.strokeStyle = picture.line;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.beginPath();
    amounts.forEach((text, at) => {
      const y = Math.round(this.y(at * rise)) + 0.5;
      context.moveTo(this.start, y);
      context.lineTo(this.width - RIGHT, y);
      context.fillText(text, this.start - GAP, y);
    });
    context.stroke();
    const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0];
    const pixels = (this.width - this.start - RIGHT) / Math.max(1, last - first);
    const step = timeStep(pixels, this.width < NARROW ? TICK_X_NARROW : TICK_X);
    context.textAlign = "center";
    for (let second = Math.ceil(first / step) * step; second <= last; second += step) {
      const text = picture.time(second, step);
      const room = context.measureText(text).width / 2;
      const x = this.x(second, picture);
      if (x + room <= this.width && x - room >= this.start - 24) context.fillText(text, x, this.height - BOTTOM / 2 + 2);
    }
  }

  /** Runs of buckets that are known, of the first so many; what is between them stays a gap. */
  private area(context: CanvasRenderingContext2D, sum: Float64Array, known: number, { stroke, fill }: Area): void {
    context.fillStyle = fill;
    context.strokeStyle = stroke;
    context.lineWidth = 1.25;
    let at = 0;
    while (at < known) {
      while (at < known && Number.isNaN(sum[at])) at++;
      const begin = at;
      const line = new Path2D();
      for (; at < known && !Number.isNaN(sum[at]); at++) line.lineTo(this.left(at, sum.length), this.y(sum[at] ?? 0));
      if (at === begin) break;
      // A bucket alone is a point, which would not be seen.
      if (at === begin + 1) line.lineTo(this.left(begin, sum.length) + 1, this.y(sum[begin] ?? 0));
      context.fill(this.closed(line, this.left(begin, sum.length), this.left(at - 1, sum.length)));
      context.stroke(line);
    }
  }

  /** What lies between a line and zero. */
  private closed(line: Path2D, from: number, to: number): Path2D {
    const body = new Path2D(line);
    body.lineTo(to, this.y(0));
    body.lineTo(from, this.y(0));
    return body;
  }
}

/** How many buckets have begun by `now`: a window may go on, and what is to come is no zero. */
export function begun(times: Float64Array, now: number): number {
  let known = times.length;
  while (known > 0 && (times[known - 1] ?? 0) > now) known--;
  return known;
}

/**
 * Rows laid on each other, in the order in which they are drawn: the sum of all first, each row
 * below it smaller by one series, so that a later fill leaves its own band in sight.
 */
export function stack(rows: readonly Float64Array[]): Float64Array[] {
  const sums: Float64Array[] = [];
  for (const row of rows.toReversed()) {
    const below = sums.at(-1);
    sums.push(below ? row.map((value, at) => value + (below[at] ?? 0)) : row.slice());
  }
  return sums.toReversed();
}
