// Moments arrive in UTC. Days and months that money is counted in stay UTC and say so; only the
// reader's own list of conversations is grouped by their own days.

export type Group =
  | { kind: "today" | "yesterday" | "week" | "month" }
  | { kind: "named"; year: number; month: number };

function dayNumber(moment: Date): number {
  return Math.floor(Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate()) / 86_400_000);
}

/** The heading under which a conversation stands in the sidebar, by the reader's calendar. */
export function groupOf(at: string, now: Date): Group {
  const moment = new Date(at);
  const days = dayNumber(now) - dayNumber(moment);
  if (days <= 0) return { kind: "today" };
  if (days === 1) return { kind: "yesterday" };
  if (days < 7) return { kind: "week" };
  if (days < 30) return { kind: "month" };
  return { kind: "named", year: moment.getFullYear(), month: moment.getMonth() };
}

export function groupKey(group: Group): string {
  return group.kind === "named" ? `${group.year}-${group.month}` : group.kind;
}

/** `March 2026` in the reader's language. */
export function monthName(year: number, month: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { month: "long", year: "numeric" }).format(
    new Date(year, month, 1),
  );
}

/** `14:02`, in the reader's own time. */
export function clock(at: string | number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    new Date(at),
  );
}

/** `14:02:31` in UTC, as operators read it. */
export function utcClock(at: string | number, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone: "UTC",
  }).format(new Date(at));
}

/** `1 Dec` in UTC: the day a quota starts again. */
export function utcDay(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" }).format(
    new Date(at),
  );
}

/** `14:02` today, `3 Mar` this year, `3 Mar 2025` before it: the reader's own day. */
export function shortDay(at: string, locale: string, now = new Date()): string {
  const moment = new Date(at);
  if (dayNumber(moment) === dayNumber(now)) return clock(at, locale);
  const year = moment.getFullYear() === now.getFullYear() ? {} : { year: "numeric" as const };
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...year }).format(moment);
}

/** Day, month, year and minute of the reader: for tooltips and tables. */
export function full(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(at),
  );
}

/** `0:07`, `12:41`, `1:02:03` for a duration that runs. */
export function stopwatch(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const [hours, minutes, rest] = parts as [number, number, number];
  const tail = `${hours ? String(minutes).padStart(2, "0") : minutes}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${tail}` : tail;
}
