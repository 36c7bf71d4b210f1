// What is looked at on the page of usage, and the figures of its chart. Pure. Days, hours and months
// are those of the server, in UTC, as texts: none of them is ever shifted into another zone.
import { add, compare } from "../core/money.js";
import type { UsageItem } from "../core/wire.gen.js";

export const WINDOWS = ["7d", "30d", "month"] as const;
export const BYS = ["model", "feature", "agent"] as const;

export type Window = (typeof WINDOWS)[number];
export type By = (typeof BYS)[number];
/** Days as `2026-11-21`, both of them included. */
export interface Days {
  from: string;
  to: string;
}

export interface View {
  range: Window | Days;
  by: By;
  filters: Partial<Record<By, string>>;
  /** Looked at alone: a day of the range, and an hour of that day. */
  day?: string | undefined;
  hour?: number | undefined;
}

/** A time in steps: `to` is not included, `keys` are what the server calls the steps. */
export interface Span {
  from: string;
  to: string;
  step: "hour" | "day" | "month";
  keys: readonly string[];
}

const DAY_MS = 86_400_000;
/** More days than these are drawn as months; the server sums no more than three years. */
const DAYS_MAX = 100;
const RANGE_MAX = 3 * 365;
/** As many names have a colour of their own. */
export const NAMES_MAX = 8;
export const OTHER = "other";

export const dayOf = (moment: number): string => new Date(moment).toISOString().slice(0, 10);
const start = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const isDay = (text: string | null): text is string =>
  text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(start(text)) && dayOf(start(text)) === text;

/** The day so many after `day`. */
export const after = (day: string, days: number): string => dayOf(start(day) + days * DAY_MS);

/** First and last day that a range shows. */
export function daysOf(range: View["range"], now: number): Days {
  const today = dayOf(now);
  switch (range) {
    case "7d":
      return { from: after(today, -6), to: today };
    case "30d":
      return { from: after(today, -29), to: today };
    case "month": {
      const next = new Date(now);
      return { from: `${today.slice(0, 7)}-01`, to: dayOf(Date.UTC(next.getUTCFullYear(), next.getUTCMonth() + 1, 0)) };
    }
    default:
      return range;
  }
}

const instant = (moment: number): string => new Date(moment).toISOString().replace(".000Z", "Z");

function hours(day: string): Span {
  const first = start(day);
  return {
    from: instant(first),
    to: instant(first + DAY_MS),
    step: "hour",
    keys: Array.from({ length: 24 }, (_none, hour) => instant(first + hour * 3_600_000)),
  };
}

/** What the chart is drawn over. */
export function spanOf({ range, day }: Pick<View, "range" | "day">, now: number): Span {
  if (day !== undefined) return hours(day);
  const { from, to } = daysOf(range, now);
  if (from === to) return hours(from);
  const [first, end] = [start(from), start(to) + DAY_MS];
  const count = Math.round((end - first) / DAY_MS);
  const days = Array.from({ length: count }, (_none, at) => dayOf(first + at * DAY_MS));
  const span = { from: instant(first), to: instant(end) };
  return count <= DAYS_MAX
    ? { ...span, step: "day", keys: days }
    : { ...span, step: "month", keys: [...new Set(days.map((one) => one.slice(0, 7)))] };
}

/** Whose calls are listed: those of the range, of the day, or of the hour. */
export function callsOf(view: View, now: number): { from: string; to: string } {
  const { from, to, keys } = spanOf(view, now);
  const hour = view.hour === undefined ? undefined : keys[view.hour];
  return view.day !== undefined && hour !== undefined
    ? { from: hour, to: instant(Date.parse(hour) + 3_600_000) }
    : { from, to };
}

/** As the report takes it, and the list of calls. */
export function queryOf(span: { from: string; to: string }, filters: View["filters"]): URLSearchParams {
  const query = new URLSearchParams({ from: span.from, to: span.to });
  for (const by of BYS) if (filters[by] !== undefined) query.set(by, filters[by]);
  return query;
}

/** One name over all steps. */
export interface Stripe {
  name: string;
  sum: string;
  calls: number;
  /** Dollars by step. */
  amounts: readonly string[];
}

export interface Stack {
  /** The dearest first; what has no place of its own is the last, `other`. */
  stripes: readonly Stripe[];
  totals: readonly string[];
  sum: string;
  calls: number;
  /** How many names `other` stands for. */
  others: number;
}

/** Figures by step and name as they are drawn: what has no key among `keys` is not of this span. */
export function stack(items: readonly UsageItem[], { step, keys }: Span, by: By): Stack {
  const places = new Map(keys.map((key, at) => [key, at]));
  const found = new Map<string, { calls: number; amounts: string[]; sum: string }>();
  for (const item of items) {
    const at = places.get(item.keys[step] ?? "");
    const name = item.keys[by];
    if (at === undefined || name === undefined) continue;
    let row = found.get(name);
    if (!row) found.set(name, (row = { calls: 0, amounts: keys.map(() => "0"), sum: "0" }));
    row.calls += item.calls;
    row.amounts[at] = add(row.amounts[at] ?? "0", item.chargedUsd);
    row.sum = add(row.sum, item.chargedUsd);
  }
  const ranked = [...found].toSorted(([a, x], [b, y]) => compare(y.sum, x.sum) || (a < b ? -1 : 1));
  const named = ranked.length > NAMES_MAX ? ranked.slice(0, NAMES_MAX - 1) : ranked;
  const rest = ranked.slice(named.length);
  const stripes: Stripe[] = named.map(([name, row]) => ({ name, ...row }));
  const total = (rows: readonly { amounts: readonly string[] }[]): string[] =>
    keys.map((_key, at) => rows.reduce((sum, { amounts }) => add(sum, amounts[at] ?? "0"), "0"));
  const sums = (rows: readonly { sum: string }[]): string => rows.reduce((all, { sum }) => add(all, sum), "0");
  const others = rest.map(([, row]) => row);
  if (others.length) {
    const calls = others.reduce((all, row) => all + row.calls, 0);
    stripes.push({ name: OTHER, sum: sums(others), calls, amounts: total(others) });
  }
  return {
    stripes,
    totals: total(stripes),
    sum: sums(stripes),
    calls: stripes.reduce((all, row) => all + row.calls, 0),
    others: others.length,
  };
}

export const isWindow = (text: unknown): text is Window => WINDOWS.includes(text as Window);

/** Days that somebody chose, put right: in order, none to come, no more than a report sums. */
export function ordered(from: string, to: string, now: number): Days | undefined {
  if (!isDay(from) || !isDay(to)) return undefined;
  const [first, last] = from <= to ? [from, to] : [to, from];
  const end = last > dayOf(now) ? dayOf(now) : last;
  const least = after(end, 1 - RANGE_MAX);
  return { from: first > end ? end : first < least ? least : first, to: end };
}

export function readView(search: string, now: number): View {
  const query = new URLSearchParams(search);
  const [named, by, day] = [query.get("range"), query.get("by"), query.get("day")];
  const days = ordered(query.get("from") ?? "", query.get("to") ?? "", now);
  const hour = /^\d{1,2}$/.test(query.get("hour") ?? "") ? Number(query.get("hour")) : undefined;
  const filters: View["filters"] = {};
  for (const one of BYS) {
    const value = query.get(one);
    if (value) filters[one] = value;
  }
  return {
    range: days ?? (isWindow(named) ? named : "30d"),
    by: BYS.find((one) => one === by) ?? "model",
    filters,
    ...(isDay(day) ? { day, ...(hour !== undefined && hour < 24 ? { hour } : {}) } : {}),
  };
}

/** The part of the address that says what is looked at; what goes without saying is left out. */
export function writeView({ range, by, filters, day, hour }: View): string {
  const query = new URLSearchParams();
  if (typeof range !== "string") {
    query.set("from", range.from);
    query.set("to", range.to);
  } else if (range !== "30d") query.set("range", range);
  if (by !== "model") query.set("by", by);
  for (const one of BYS) if (filters[one] !== undefined) query.set(one, filters[one]);
  if (day !== undefined) query.set("day", day);
  if (day !== undefined && hour !== undefined) query.set("hour", String(hour));
  const text = query.toString();
  return text && `?${text}`;
}
