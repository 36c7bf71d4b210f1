// Hours, days and months of the server by name. They are UTC, whatever zone the reader lives in.
import { locale } from "../core/i18n.js";

/** `2026-03-15T12:00:00Z`, `2026-03-15` or `2026-03`. */
export function stepName(key: string, style: "short" | "long"): string {
  const long = style === "long";
  const options: Intl.DateTimeFormatOptions =
    key.length > 10
      ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
      : key.length > 7
        ? { day: "numeric", month: "short", ...(long ? { weekday: "short" } : {}) }
        : { month: long ? "long" : "short", ...(long ? { year: "numeric" } : {}) };
  return new Intl.DateTimeFormat(locale(), { ...options, timeZone: "UTC" }).format(new Date(key));
}

/** `21 Nov, 14:02:31` in UTC: when a call was made. */
export function utcMoment(at: string): string {
  return new Intl.DateTimeFormat(locale(), {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone: "UTC",
  }).format(new Date(at));
}
