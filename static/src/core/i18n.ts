// Texts by key. English is part of the program; other languages arrive as files of the same keys.
import en from "../../locales/en.json";

export type Texts = typeof en;
export type Key = keyof Texts;
type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Values = Record<string, string | number>;

let texts: Record<string, string | Plural> = en;
let current = "en";
let plurals = new Intl.PluralRules("en");

/** The language of the texts and of every number and date beside them. */
export function locale(): string {
  return current;
}

export function setLocale(name: string, table: Texts): void {
  texts = table;
  current = name;
  plurals = new Intl.PluralRules(name);
}

/** A text with its `{values}` filled in; where a key has plural forms, `count` chooses one. */
export function t(key: Key, values: Values = {}): string {
  const found = texts[key] ?? (en as Record<string, string | Plural>)[key] ?? key;
  const pattern =
    typeof found === "string" ? found : (found[plurals.select(Number(values["count"]))] ?? found.other);
  return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(current).format(value) : value;
  });
}
