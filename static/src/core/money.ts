// Amounts arrive as decimal strings and stay strings: a price is never a float, on no screen.

/** A decimal string taken apart: `units` counts 10^-scale. */
interface Decimal {
  units: bigint;
  scale: number;
}

const SHAPE = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Reads `"0.001275"`. Anything else is a bug of the sender, and says so. */
export function parse(text: string): Decimal {
  const match = SHAPE.exec(text);
  if (!match) throw new RangeError(`not a decimal: ${text}`);
  const fraction = match[3] ?? "";
  const units = BigInt(match[2] + fraction);
  return { units: match[1] ? -units : units, scale: fraction.length };
}

function align(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [
    a.units * 10n ** BigInt(scale - a.scale),
    b.units * 10n ** BigInt(scale - b.scale),
    scale,
  ];
}

function write(units: bigint, scale: number): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale ? digits.slice(-scale).replace(/0+$/, "") : "";
  return sign + whole + (fraction ? `.${fraction}` : "");
}

export function add(a: string, b: string): string {
  const [x, y, scale] = align(parse(a), parse(b));
  return write(x + y, scale);
}

export function subtract(a: string, b: string): string {
  const [x, y, scale] = align(parse(a), parse(b));
  return write(x - y, scale);
}

/** `text` × `factor` ÷ 10^`shift`, exactly: a price per million times tokens has the shift 6. */
export function product(text: string, factor: number, shift = 0): string {
  const { units, scale } = parse(text);
  return write(units * BigInt(factor), scale + shift);
}

/** Negative, zero or positive, as `Array.sort` wants it. */
export function compare(a: string, b: string): number {
  const [x, y] = align(parse(a), parse(b));
  return x < y ? -1 : x > y ? 1 : 0;
}

export function isZero(text: string): boolean {
  return parse(text).units === 0n;
}

/** Share of `whole` in 0…1 for a meter; 0 when the whole is nothing. Good for widths, not for sums. */
export function share(part: string, whole: string): number {
  const [x, y] = align(parse(part), parse(whole));
  if (y === 0n) return 0;
  return Math.min(1, Math.max(0, Number((x * 10_000n) / y) / 10_000));
}

/** How many times `whole` goes into `part`, to a hundredth; 0 when the whole is nothing. */
export function ratio(part: string, whole: string): number {
  const [x, y] = align(parse(part), parse(whole));
  return y === 0n ? 0 : Number((x * 100n) / y) / 100;
}

/** A number to place a pixel by. Text never comes from it. */
export function approximate(text: string): number {
  return Number(text);
}

/** Decimals that keep the figure readable: cents from a dollar on, four places below. */
function places(text: string): number {
  const { units, scale } = parse(text);
  const size = units < 0n ? -units : units;
  const one = 10n ** BigInt(scale);
  if (size === 0n || size >= one) return 2;
  return 4;
}

function atMost(text: string, digits: number, up = false): string {
  const { units, scale } = parse(text);
  if (scale <= digits) return text;
  const divisor = 10n ** BigInt(scale - digits);
  const half = up ? divisor - 1n : divisor / 2n;
  const rounded = units < 0n ? -((-units + half) / divisor) : (units + half) / divisor;
  return write(rounded, digits);
}

const formats = new Map<string, Intl.NumberFormat>();

function format(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.NumberFormat(locale, options)));
  return found;
}

/** `Intl` formats decimal strings exactly; the type of older libraries only says number. */
function intl(locale: string, options: Intl.NumberFormatOptions, text: string): string {
  return format(locale, options).format(text as unknown as number);
}

const DOLLARS = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" } as const;

/**
 * Dollars for people: `$4,120.00`, `$0.0142`, and `<$0.0001` for what is smaller; never rounded to
 * nothing. `digits` fixes the decimals where figures stand in a column.
 */
export function usd(text: string, locale = "en", digits?: number): string {
  const { units, scale } = parse(text);
  // Nothing is nothing at any precision; `$0.0000` would look like something that was rounded.
  if (units === 0n) return intl(locale, { ...DOLLARS, minimumFractionDigits: 2, maximumFractionDigits: 2 }, "0");
  const shown = digits ?? places(text);
  const smallest = `0.${"0".repeat(shown - 1)}1`;
  if (units > 0n && compare(text, smallest) < 0) {
    return `<${intl(locale, { ...DOLLARS, minimumFractionDigits: shown, maximumFractionDigits: shown }, smallest)}`;
  }
  const rounded = atMost(text, shown);
  // Round sums stay short, cents are two places, and anything finer takes all that are shown.
  const written = rounded.split(".")[1]?.length ?? 0;
  const least = scale === 0 && units !== 0n ? 0 : written > 2 ? shown : 2;
  return intl(
    locale,
    { ...DOLLARS, minimumFractionDigits: digits ?? least, maximumFractionDigits: shown },
    rounded,
  );
}

/** A unit price as price lists print it: every digit that is there. */
export function price(text: string, locale = "en"): string {
  const { scale } = parse(text);
  return intl(
    locale,
    { ...DOLLARS, minimumFractionDigits: Math.min(2, scale ? 2 : 0), maximumFractionDigits: Math.max(2, scale) },
    text,
  );
}

/**
 * Credits for people: two decimals, `<0.01` for what is smaller, whole above 10,000. `column`: one
 * below the other, where a fraction has both its decimals.
 */
export function credits(text: string, locale = "en", column = false): string {
  const size = text.startsWith("-") ? text.slice(1) : text;
  if (!isZero(text) && compare(size, "0.01") < 0) {
    return `<${intl(locale, { minimumFractionDigits: 2 }, "0.01")}`;
  }
  const digits = compare(size, "10000") >= 0 ? 0 : 2;
  const least = column && text.includes(".") ? digits : 0;
  return intl(locale, { maximumFractionDigits: digits, minimumFractionDigits: least }, atMost(text, digits));
}

/** A count with its thousands marked. */
export function count(value: number, locale = "en"): string {
  return format(locale, {}).format(value);
}

/** What chooses the plural form beside an amount as it is shown: nothing is reckoned with it. */
export function plural(amount: string): number {
  return Math.round(Number(amount) * 100) / 100;
}
