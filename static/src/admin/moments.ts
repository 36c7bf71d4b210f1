// Moments as operators read them: UTC, and said so by the words around them.

/** `22 Nov 2026, 14:02`. */
export function utcDate(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: "UTC",
  }).format(new Date(at));
}
