// What a person watches: range, split and filters, kept in the address, and the feed behind them.
import type { FeedAlert, FeedEvent, FeedFilter, FeedFilters, FeedRange, FeedSpan, FeedSplit } from "../core/resources.js";
import type { Socket, SocketOptions } from "../core/socket.js";
import { Feed, SECONDS } from "./feed.js";

export const RANGES = ["5m", "1h", "24h"] as const satisfies readonly FeedRange[];
export const GROUPS = ["creator", "feature", "agent", "model", "provider"] as const satisfies readonly FeedSplit[];
const FILTERS = ["creatorId", "feature", "agent", "model", "provider"] as const satisfies readonly FeedFilter[];

export interface View {
  range: FeedRange | FeedSpan;
  group: FeedSplit;
  filters: FeedFilters;
}

/** Four figures a second are as many as can be read; the curve moves ten times. */
export const FIGURES_MS = 250;
export const CURVE_MS = 100;
const UPDATES_PER_SECOND = 10;

/** After so many seconds a window that goes on, and that the server reads from its tables, is asked for again. */
const HISTORY_S = 60;

/** Before an incident, to see what was usual, and after it began. */
const BEFORE_MS = 20 * 60_000;
const AFTER_MS = 40 * 60_000;

/** The hour in which an incident can be seen beginning; the bounds are whole minutes. */
export function windowAround(since: string): FeedSpan {
  const began = Math.floor(Date.parse(since) / 60_000) * 60_000;
  return span(began - BEFORE_MS, began + AFTER_MS);
}

/** From and to, moments in milliseconds, as the feed wants them. */
export function span(from: number, to: number): FeedSpan {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** Two moments of an address; undefined: they are none, or the wrong way round. */
function readSpan(query: URLSearchParams): FeedSpan | undefined {
  const [from, to] = [Date.parse(query.get("from") ?? ""), Date.parse(query.get("to") ?? "")];
  return from < to ? span(from, to) : undefined;
}

export function readView(search: string): View {
  const query = new URLSearchParams(search);
  const filters: FeedFilters = {};
  for (const name of FILTERS) {
    const values = query.getAll(name);
    if (values.length) filters[name] = values;
  }
  return {
    range: readSpan(query) ?? RANGES.find((one) => one === query.get("range")) ?? "5m",
    group: GROUPS.find((one) => one === query.get("group")) ?? "model",
    filters,
  };
}

export function writeView(view: View): string {
  const query = new URLSearchParams();
  if (typeof view.range !== "string") {
    query.set("from", view.range.from);
    query.set("to", view.range.to);
  } else if (view.range !== "5m") query.set("range", view.range);
  if (view.group !== "model") query.set("group", view.group);
  for (const name of FILTERS) for (const value of view.filters[name] ?? []) query.append(name, value);
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** Where every call behind what is shown can be had as a table; `now` in milliseconds. */
export function exportPath(view: View, now: number): string {
  const { from, to } = typeof view.range === "string" ? span(now - SECONDS[view.range] * 1000, now) : view.range;
  const query = new URLSearchParams({ from, to });
  for (const name of FILTERS) {
    const values = view.filters[name];
    if (values) query.set(name, values.join());
  }
  return `/api/admin/ai-costs/calls.csv?${query}`;
}

/** The filter that a row of a split stands for. */
export function filterOf(group: FeedSplit): FeedFilter {
  return group === "creator" ? "creatorId" : group;
}

export class Monitor {
  feed: Feed;
  paused = false;
  readonly socket: Socket;
  private dirty = true;
  private asked = 0;
  /** Seconds from a settled call to its figure here: half the way there and back, and the next frame. */
  behind: number | undefined;

  constructor(
    public view: View,
    connect: (options: SocketOptions) => Socket,
  ) {
    this.feed = new Feed(view.range, now());
    this.socket = connect({
      path: "/ws/admin/costs",
      protocol: "causerie.costs.v1",
      opened: () => this.subscribe(),
      probe: () => this.command(),
      receive: (frame) => this.take(frame as FeedEvent),
    });
  }

  start(): void {
    this.socket.start();
    document.addEventListener("visibilitychange", this.seen);
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.seen);
    this.socket.stop();
  }

  /** An alert was changed here; the feed will say so, too. */
  note(alert: FeedAlert): void {
    this.feed.take({ type: "alert.updated", alert }, now());
  }

  /** Watches something else from now on. */
  look(view: View): void {
    this.view = view;
    this.subscribe();
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    if (!paused) this.subscribe();
  }

  /** True once after something has changed. */
  takeDirty(): boolean {
    if (this.isHistory() && now() - this.asked > HISTORY_S) this.subscribe();
    const moves = !this.paused && typeof this.view.range === "string";
    const moved = moves && this.feed.rings.advance(now(), this.socket.connection.value.phase === "open");
    const changed = this.dirty || moved;
    this.dirty = false;
    return changed;
  }

  /** Whether the window goes on and begins before what is followed live. */
  private isHistory(): boolean {
    const { range } = this.view;
    return typeof range !== "string" && Date.parse(range.to) / 1000 > now() && Date.parse(range.from) / 1000 < now() - SECONDS["24h"];
  }

  private readonly seen = (): void => {
    if (document.visibilityState === "visible") this.subscribe();
  };

  private command(): { type: string; [field: string]: unknown } {
    const { range, group, filters } = this.view;
    return {
      type: "feed.subscribe",
      range,
      groupBy: group,
      ...(Object.keys(filters).length ? { filters } : {}),
      maxPerSecond: UPDATES_PER_SECOND,
    };
  }

  private subscribe(): void {
    this.asked = now();
    const asked = performance.now();
    // Refused or lost: the state of the connection says so, and opening again asks again.
    this.socket
      .request(this.command())
      .then(() => (this.behind = (performance.now() - asked) / 2_000 + 1 / UPDATES_PER_SECOND))
      .catch(() => undefined);
  }

  private take(event: FeedEvent): void {
    // A hidden tab keeps nothing: what it missed comes as a snapshot when it is seen again.
    if (this.paused || document.visibilityState === "hidden") return;
    if (event.type === "feed.snapshot") this.feed = new Feed(this.view.range, now());
    if (this.feed.take(event, now()) === "again") this.subscribe();
    this.dirty = true;
  }
}

/** Unix seconds. */
function now(): number {
  return Date.now() / 1000;
}
