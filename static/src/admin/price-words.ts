// A price and what a change of it comes to, in words. Pure.
import { locale, t } from "../core/i18n.js";
import { compare, isZero, price, usd } from "../core/money.js";
import type { ModelPrices, PriceView } from "../core/wire.gen.js";

/** What a model is sold by, each with its figure; what costs nothing is left out where others do not. */
export function figures(prices: PriceView): { name: string; text: string }[] {
  const media: [string, string | undefined][] = [
    [t("prices.image"), prices.image],
    [t("prices.character"), prices.character],
    [t("prices.second"), prices.second],
  ];
  const sold = media.flatMap(([name, text]) => (text === undefined ? [] : [{ name, text: price(text, locale()) }]));
  const tokens = !isZero(prices.input) || !isZero(prices.output) || !sold.length;
  return [
    ...(tokens
      ? [
          { name: t("prices.input"), text: price(prices.input, locale()) },
          { name: t("prices.output"), text: price(prices.output, locale()) },
          ...(prices.cachedInput === prices.input ? [] : [{ name: t("prices.cachedInput"), text: price(prices.cachedInput, locale()) }]),
          ...(prices.cacheWrite === prices.input ? [] : [{ name: t("prices.cacheWrite"), text: price(prices.cacheWrite, locale()) }]),
        ]
      : []),
    ...sold,
    ...(compare(prices.multiplier, "1") === 0 ? [] : [{ name: t("prices.multiplier"), text: `×${prices.multiplier}` }]),
  ];
}

/** The same in one line. */
export const inLine = (prices: PriceView): string => figures(prices).map(({ name, text }) => `${name} ${text}`).join(", ");

/** A difference with its sign: `+$1.20`, `−$0.0004`, `$0.00`. */
export function signed(text: string): string {
  if (isZero(text)) return usd("0", locale());
  return text.startsWith("-") ? `−${usd(text.slice(1), locale())}` : `+${usd(text, locale())}`;
}

/** What nobody has priced comes first, then what is in use here, then what is only known; each by name. */
export function inOrder(items: readonly ModelPrices[]): ModelPrices[] {
  const rank = ({ unpriced, configured }: ModelPrices): number => (unpriced && configured ? 0 : configured ? 1 : 2);
  return items.toSorted((a, b) => rank(a) - rank(b) || a.model.localeCompare(b.model));
}
