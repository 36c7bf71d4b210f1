// How long what is left of a month's quota lasts. Pure.
import { approximate } from "../core/money.js";
import type { QuotaView } from "../core/wire.gen.js";

const DAY_MS = 86_400_000;

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
