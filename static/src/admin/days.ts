// Two days in UTC, as the server wants a range: from the beginning of one to the end of the other. Pure.

const DAY_MS = 86_400_000;

/** Days as `2026-11-22`, both included; what is no day is left out. One after the other: they change places. */
export function daysOf(from: string | undefined, to: string | undefined): { from?: string; to?: string } {
  const [first, last] = [Date.parse(from ?? ""), Date.parse(to ?? "")];
  const [begin, end] = first > last ? [last, first] : [first, last];
  return {
    ...(Number.isFinite(begin) ? { from: new Date(begin).toISOString() } : {}),
    ...(Number.isFinite(end) ? { to: new Date(end + DAY_MS).toISOString() } : {}),
  };
}
