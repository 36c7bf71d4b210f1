// How long what is left of a month's quota lasts. Pure.
import type { Key, Values } from "../core/i18n.js";
import { add, approximate, compare, isZero, share, usd } from "../core/money.js";
import type { Quota, QuotaView } from "../core/wire.gen.js";

const DAY_MS = 86_400_000;
export const MARKS = [80, 95, 100] as const;

/** Whole days until the quota is used up, if the month goes on as it went; undefined: it lasts. */
export function daysLeft(
  { remainingUsd, spentUsd, forecastUsd, resetsAt }: Pick<QuotaView, "remainingUsd" | "spentUsd" | "forecastUsd" | "resetsAt">,
  now: number,
): number | undefined {
  const left = Date.parse(resetsAt) - now;
  const coming = approximate(forecastUsd) - approximate(spentUsd);
  if (remainingUsd === null || coming <= 0 || left <= 0) return undefined;
  const days = (approximate(remainingUsd) / coming) * (left / DAY_MS);
  return days < left / DAY_MS ? Math.floor(days) : undefined;
}

export interface Outlook {
  key: Key;
  values: Values;
  /** It does not last to the end of the month. */
  late: boolean;
}

/** What there is to say about the rest of the month. */
export function outlook(quota: QuotaView, now: number, locale: string): Outlook {
  const { limitUsd, spentUsd, forecastUsd } = quota;
  if (limitUsd !== null && compare(spentUsd, limitUsd) >= 0) return { key: "quota.usedUp", values: {}, late: true };
  const days = daysLeft(quota, now);
  if (days === 0) return { key: "quota.lastHours", values: {}, late: true };
  if (days !== undefined) return { key: "quota.daysLeft", values: { count: days }, late: true };
  if (limitUsd === null && isZero(forecastUsd)) return { key: "quota.noLimit", values: {}, late: false };
  if (isZero(spentUsd)) return { key: "quota.untouched", values: {}, late: false };
  return { key: "quota.forecast", values: { usd: usd(forecastUsd, locale) }, late: false };
}

/** What is spent or set aside of the limit, in 0…1; undefined: there is none. */
export function part({ limitUsd, spentUsd, heldUsd }: Pick<Quota, "limitUsd" | "spentUsd" | "heldUsd">): number | undefined {
  return limitUsd === null ? undefined : share(add(spentUsd, heldUsd), limitUsd);
}

/** The highest mark that what is spent has come to; 0: none. */
export function markOf({ limitUsd, spentUsd }: Pick<Quota, "limitUsd" | "spentUsd">): number {
  const spent = limitUsd === null ? 0 : share(spentUsd, limitUsd) * 100;
  return MARKS.findLast((mark) => spent >= mark) ?? 0;
}
