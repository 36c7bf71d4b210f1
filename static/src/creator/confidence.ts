// Shares as words: how sure an answer is, how often a message sells, what figures of a test prove. Pure.
import type { Key } from "../core/i18n.js";
import type { ExperimentView, VariantView } from "../core/wire.gen.js";

/** A word for 0…1; the number always stands beside it. */
export function sureness(confidence: number): Key {
  if (confidence >= 0.85) return "creator.sure.very";
  if (confidence >= 0.65) return "creator.sure.fairly";
  if (confidence >= 0.4) return "creator.sure.unsure";
  return "creator.sure.guess";
}

/** A word for the share of fans who are expected to buy. Messages to fans sell to a few in a hundred. */
export function conversion(rate: number): Key {
  if (rate >= 0.15) return "creator.sells.very";
  if (rate >= 0.06) return "creator.sells.well";
  if (rate >= 0.02) return "creator.sells.usual";
  return "creator.sells.rarely";
}

/** What may be said of a variant against the control. */
export function finding(variant: VariantView): Key {
  const { comparison, reported } = variant;
  if (!comparison) return "creator.ab.control";
  if (!reported) return "creator.ab.silent";
  if (comparison.isSignificant) return comparison.difference > 0 ? "creator.ab.better" : "creator.ab.worse";
  return comparison.difference === 0 ? "creator.ab.same" : "creator.ab.open";
}

/** The variant that the figures prove, if they prove one. */
export function proven(test: ExperimentView): VariantView | undefined {
  return test.variants
    .filter(({ comparison }) => comparison?.isSignificant && comparison.difference > 0)
    .sort((a, b) => (b.comparison?.difference ?? 0) - (a.comparison?.difference ?? 0))[0];
}

const percents = new Map<string, Intl.NumberFormat>();

/** `72%`, `8.5%`: one decimal below ten percent. */
export function percent(share: number, locale: string): string {
  const digits = share !== 0 && Math.abs(share) < 0.1 ? 1 : 0;
  const key = `${locale} ${digits}`;
  let found = percents.get(key);
  if (!found) percents.set(key, (found = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits })));
  return found.format(share);
}
