// What people type as an amount or a day, as the wire wants it. Pure.
import { locale, t } from "../core/i18n.js";
import { count } from "../core/money.js";

/** `25,50`, `$25.5` and `1,250.00` as decimal strings. What is no amount stays as it is: the server says so. */
export function amount(text: string): string | undefined {
  const bare = text.replace(/[\s$€£]/g, "");
  if (!bare) return undefined;
  // The last mark with one or two digits behind it parts the cents; marks before it are thousands.
  const match = /^([\d.,]*?)(?:[.,](\d{1,2}))?$/.exec(bare);
  if (!match) return bare;
  const whole = (match[1] ?? "").replace(/[.,]/g, "") || "0";
  return match[2] ? `${whole}.${match[2]}` : whole;
}

/** What a number lies between; `true`: any that is not below nothing. */
export type Bounds = true | readonly [number, number];

/** What is wrong with what was typed as a number, if anything is. */
export function misread(text: string, bounds: Bounds): string | undefined {
  if (bounds === true) return Number(amount(text)) >= 0 ? undefined : t("creator.number");
  const [least, most] = bounds;
  const value = Number(text.replace(",", "."));
  return value >= least && value <= most ? undefined : t("creator.between", { least: count(least, locale()), most: count(most, locale()) });
}

/** A whole number, of `12 400` or `12,400`. */
export function whole(text: string): number | undefined {
  const digits = text.replace(/[\s.,']/g, "");
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}

/** A day as the moment at which it begins, in UTC. */
export function moment(text: string): string | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text || undefined;
}

const LEVELS = ["low", "medium", "high"] as const;

/** How engaged somebody is, where that was said. */
export function level(text: string): (typeof LEVELS)[number] | undefined {
  return LEVELS.find((one) => one === text);
}
