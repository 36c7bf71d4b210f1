// Round figures beside a chart. Pure.

export interface Scale {
  /** Dollars at the upper edge. */
  top: number;
  ticks: readonly { usd: number; text: string }[];
}

/** Zero, and up to four equal steps of 1, 2 or 5 times a power of ten, with as many decimals as these need. */
export function ticks(most: number, locale: string): Scale {
  const rough = (most > 0 ? most : 0.001) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10) * power;
  const count = Math.max(1, Math.ceil((most > 0 ? most : step) / step - 1e-9));
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  // Dollars have cents or none.
  const digits = places === 1 ? 2 : places;
  const words = new Intl.NumberFormat(locale, {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return {
    top: step * count,
    ticks: Array.from({ length: count + 1 }, (_none, at) => ({ usd: at * step, text: words.format(at * step) })),
  };
}
