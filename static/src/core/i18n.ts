// Texts by key. English is part of the program, each page's in a table that comes with it; every
// other language is one file with the texts of all pages, fetched when somebody wants it.
import type account from "../../locales/en.account.json";
import type admin from "../../locales/en.admin.json";
import type alerts from "../../locales/en.alerts.json";
import type chat from "../../locales/en.chat.json";
import type composer from "../../locales/en.composer.json";
import type costs from "../../locales/en.costs.json";
import type creator from "../../locales/en.creator.json";
import type dashboard from "../../locales/en.dashboard.json";
import type doors from "../../locales/en.doors.json";
import type embed from "../../locales/en.embed.json";
import type files from "../../locales/en.files.json";
import type hooks from "../../locales/en.hooks.json";
import type lost from "../../locales/en.lost.json";
import type markdown from "../../locales/en.markdown.json";
import type models from "../../locales/en.models.json";
import type notices from "../../locales/en.notices.json";
import type presets from "../../locales/en.presets.json";
import type prices from "../../locales/en.prices.json";
import type receipt from "../../locales/en.receipt.json";
import type savePreset from "../../locales/en.saving.json";
import type search from "../../locales/en.search.json";
import type settings from "../../locales/en.settings.json";
import type usage from "../../locales/en.usage.json";
import type write from "../../locales/en.write.json";
import en from "../../locales/en.json";
import { Store } from "./store.js";

export type Key =
  | keyof typeof en
  | keyof typeof account
  | keyof typeof admin
  | keyof typeof alerts
  | keyof typeof chat
  | keyof typeof composer
  | keyof typeof costs
  | keyof typeof creator
  | keyof typeof dashboard
  | keyof typeof doors
  | keyof typeof embed
  | keyof typeof files
  | keyof typeof hooks
  | keyof typeof lost
  | keyof typeof markdown
  | keyof typeof models
  | keyof typeof notices
  | keyof typeof presets
  | keyof typeof prices
  | keyof typeof receipt
  | keyof typeof savePreset
  | keyof typeof search
  | keyof typeof settings
  | keyof typeof usage
  | keyof typeof write;
type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Table = Record<string, string | Plural>;
export type Values = Record<string, string | number>;

export const LANGUAGES = ["en", "fr", "es", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

export const isLanguage = (value: unknown): value is Language => LANGUAGES.includes(value as Language);

const FILES = import.meta.glob<Table>("../../locales/{fr,es,de}.json", { import: "default" });

let english: Table = en;
let texts: Table = {};
let current: string = "en";
let plurals = new Intl.PluralRules("en");

/** Counts the changes of language: what shows texts draws itself anew. */
export const spoken = new Store(0);

/** The language of the texts and of every number and date beside them. */
export function locale(): string {
  return current;
}

/** A noun inside a sentence: small, but in German. */
export const inSentence = (noun: string): string => (current === "de" ? noun : noun.toLocaleLowerCase(current));

/** The first of somebody's languages that there are texts in. */
export function preferred(wanted: readonly string[] = navigator.languages): Language {
  for (const name of wanted) {
    const base = name.toLowerCase().split("-")[0];
    if (isLanguage(base)) return base;
  }
  return "en";
}

/** Changes to a language, once its texts are there. Where they do not come it stays as it is. */
export async function speak(name: Language): Promise<void> {
  if (name === current) return;
  const file = FILES[`../../locales/${name}.json`];
  try {
    setTexts(name, file ? await file() : {});
  } catch {
    // Without the network the page speaks the language it has.
  }
}

/** Texts of a language; what is missing stays English. */
export function setTexts(name: string, table: Table): void {
  texts = table;
  current = name;
  plurals = new Intl.PluralRules(name);
  spoken.update((times) => times + 1);
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
