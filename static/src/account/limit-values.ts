// What somebody typed as limits of their own, as the server takes it. Pure.
import type { SetLimits } from "../core/wire.gen.js";

export type LimitFault = "usd" | "count";

/** An empty field is no limit. Commas are points to half of the world. */
export function limitsOf(filled: Readonly<Record<string, string>>): {
  limits: SetLimits;
  faults: Partial<Record<keyof SetLimits, LimitFault>>;
} {
  const faults: Partial<Record<keyof SetLimits, LimitFault>> = {};
  const text = (name: keyof SetLimits): string => (filled[name] ?? "").trim().replace(/^\$\s*/, "");
  const number = (name: "requestsPerHour" | "runningTurns"): number | null => {
    const value = text(name);
    if (!value) return null;
    if (!/^[1-9]\d{0,6}$/.test(value)) faults[name] = "count";
    return Number(value);
  };
  const dollars = text("monthlyUsd").replace(",", ".");
  if (dollars && (!/^\d{1,9}(\.\d{1,9})?$/.test(dollars) || /^[0.]+$/.test(dollars))) faults.monthlyUsd = "usd";
  const limits = {
    monthlyUsd: dollars || null,
    requestsPerHour: number("requestsPerHour"),
    runningTurns: number("runningTurns"),
  };
  return { limits, faults };
}
