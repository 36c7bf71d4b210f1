// The memory of the cost monitor: fixed rings of numbers, fed by snapshot and tail. Pure: moments
// come from outside. Dollars become floats here, for pixels only; every figure in words stays text.
import { approximate } from "../core/money.js";
import type { FeedAlert, FeedEvent, FeedParts, FeedRange, FeedSeries, FeedSpan } from "../core/resources.js";

/** Seconds of the rolling windows. */
export const SECONDS: Record<FeedRange, number> = { "5m": 300, "1h": 3_600, "24h": 86_400 };

/** More steps than the server cuts any window into, whatever it may say. */
const BUCKETS_MAX = 1_441;

/** Eight names and the rest. */
export const SERIES_MAX = 9;
export const OTHER = "other";

/** The last `buckets` steps of up to nine series. It never grows. */
export class Rings {
  private readonly data = new Map<string, Float64Array>();
  private first: number;

  constructor(
    readonly step: number,
    readonly buckets: number,
    now: number,
  ) {
    this.first = this.bucket(now) - buckets + 1;
  }

  private bucket(second: number): number {
    return Math.floor(second / this.step);
  }

  get keys(): string[] {
    return [...this.data.keys()];
  }

  /**
   * The newest bucket is the one that `now` lies in; what falls off the old end is forgotten. While
   * nothing is heard what comes new is not `known`: a gap, never a zero.
   */
  advance(now: number, known = true): boolean {
    const first = this.bucket(now) - this.buckets + 1;
    const moved = first - this.first;
    if (moved <= 0) return false;
    for (const row of this.data.values()) {
      if (moved < this.buckets) row.copyWithin(0, moved);
      row.fill(known ? 0 : Number.NaN, Math.max(0, this.buckets - moved));
    }
    this.first = first;
    return true;
  }

  /** Writes one step's dollars. False: there is no room for another name. */
  set(key: string, second: number, usd: number): boolean {
    let row = this.data.get(key);
    if (!row) {
      if (this.data.size >= SERIES_MAX) return false;
      this.data.set(key, (row = new Float64Array(this.buckets)));
    }
    const bucket = this.bucket(second);
    // A server whose clock is a little ahead of ours is right about its own seconds.
    if (bucket >= this.first + this.buckets) this.advance(second);
    const at = bucket - this.first;
    if (at >= 0) row[at] = usd / this.step;
    return true;
  }

  /** Unix second at which each bucket begins. */
  times(): Float64Array {
    return Float64Array.from({ length: this.buckets }, (_value, at) => (this.first + at) * this.step);
  }

  row(key: string): Float64Array | undefined {
    return this.data.get(key);
  }

  sum(key: string): number {
    return this.data.get(key)?.reduce((total, value) => total + (value || 0), 0) ?? 0;
  }
}

const WORDS = ["id", "scope", "scopeKind", "scopeKey", "observed", "usual", "explanation"] as const;

/** Whether an incident can be drawn. One that cannot is passed over: the figures beside it are of use without it. */
function isReadable(alert: unknown): alert is FeedAlert {
  const { severity, since, ...rest } = (alert ?? {}) as Partial<FeedAlert>;
  return (severity === "high" || severity === "watch")
    && typeof since === "string" && Number.isFinite(Date.parse(since))
    && WORDS.every((name) => typeof rest[name] === "string");
}

const readable = (alerts: unknown): FeedAlert[] => (Array.isArray(alerts) ? alerts.filter(isReadable) : []);

export type Taken = "taken" | "again" | "ignored";

/** What the monitor shows: the last snapshot with every update laid over it. */
export class Feed {
  rings: Rings;
  parts: FeedParts | undefined;
  stale = false;
  private watermark = -1;

  constructor(
    private readonly range: FeedRange | FeedSpan,
    now: number,
  ) {
    this.rings = this.empty(1, now);
  }

  /** Rings for the window in steps of so many seconds, as the snapshot cuts them. */
  private empty(step: number, now: number): Rings {
    if (typeof this.range === "string") return new Rings(step, SECONDS[this.range] / step, now);
    const [from, to] = [Date.parse(this.range.from) / 1000, Date.parse(this.range.to) / 1000];
    const buckets = Math.ceil(to / step) - Math.floor(from / step);
    return new Rings(step, Math.min(BUCKETS_MAX, buckets), to - 0.001);
  }

  /** Takes one event. `again`: what arrived does not fit, ask for a new snapshot. */
  take(event: FeedEvent, now: number): Taken {
    switch (event.type) {
      case "feed.snapshot": {
        const { type: _type, re: _re, watermark, stepSeconds, ...parts } = event;
        this.watermark = watermark;
        this.parts = { ...parts, alerts: readable(parts.alerts) };
        this.stale = false;
        this.rings = this.empty(stepSeconds, now);
        return this.points(parts.series);
      }
      case "feed.update": {
        if (!this.parts) return "ignored";
        // The server joins snapshot and tail; an older mark can only be one that crossed a re-subscription.
        if (event.watermark <= this.watermark) return "ignored";
        const { type: _type, watermark, series, ...changed } = event;
        this.watermark = watermark;
        this.parts = { ...this.parts, ...changed };
        return series ? this.points(series) : "taken";
      }
      case "feed.stale":
        this.stale = true;
        return "taken";
      case "alert.opened":
      case "alert.updated":
        if (!isReadable(event.alert)) return "ignored";
        this.alerts((alerts) =>
          alerts.some(({ id }) => id === event.alert.id)
            ? alerts.map((alert) => (alert.id === event.alert.id ? event.alert : alert))
            : [event.alert, ...alerts],
        );
        return "taken";
      case "alert.closed":
        this.alerts((alerts) => alerts.filter(({ id }) => id !== event.id));
        return "taken";
      default:
        return "ignored";
    }
  }

  private points(series: readonly FeedSeries[]): Taken {
    let room = true;
    for (const { key, points } of series) {
      for (const [second, usd] of points) room = this.rings.set(key, second, approximate(usd)) && room;
    }
    return room ? "taken" : "again";
  }

  private alerts(change: (alerts: readonly FeedAlert[]) => FeedAlert[]): void {
    if (this.parts) this.parts = { ...this.parts, alerts: change(this.parts.alerts) };
  }
}
