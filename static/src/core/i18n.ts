// Texts by key. English is part of the program; other languages arrive as files of the same keys.
// What only pages need that are fetched later stands in tables of its own and comes with them.
import type account from "../../locales/en.account.json";
import type admin from "../../locales/en.admin.json";
import type costs from "../../locales/en.costs.json";
import type notices from "../../locales/en.notices.json";
import en from "../../locales/en.json";

export type Texts = typeof en;
export type Key = keyof Texts | keyof typeof account | keyof typeof admin | keyof typeof costs | keyof typeof notices;
type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
type Table = Record<string, string | Plural>;
export type Values = Record<string, string | number>;

let english: Table = en;
let texts: Table = en;
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

/** Adds the English texts that a page brings along. */
export function extend(table: Table): void {
  english = { ...english, ...table };
}

/** A text with its `{values}` filled in; where a key has plural forms, `count` chooses one. */
export function t(key: Key, values: Values = {}): string {
  const found = texts[key] ?? english[key] ?? key;
  const pattern =
    typeof found === "string" ? found : (found[plurals.select(Number(values["count"]))] ?? found.other);
  return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(current).format(value) : value;
  });
}
