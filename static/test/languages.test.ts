import { describe, expect, it } from "vitest";

import { LANGUAGES, preferred, type Table } from "../src/core/i18n.js";

const files = import.meta.glob<Table>("../locales/*.json", { import: "default", eager: true });
const english: Table = Object.assign({}, ...Object.entries(files).filter(([name]) => /\/en[.\w]*\.json$/.test(name)).map(([, table]) => table));
const others = LANGUAGES.filter((name) => name !== "en");

/** The names in braces, each once, whatever the order. */
function places(text: Table[string]): string[] {
  const all = typeof text === "string" ? text : Object.values(text).join(" ");
  return [...new Set([...all.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string))].sort();
}

describe.each(others)("texts in %s", (language) => {
  const table = files[`../locales/${language}.json`] ?? {};
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;

  it("are as many as in English", () => {
    expect(Object.keys(english).filter((key) => !(key in table))).toEqual([]);
    expect(Object.keys(table).filter((key) => !(key in english))).toEqual([]);
  });

  it("say the same values", () => {
    const differing = Object.entries(table).filter(
      ([key, text]) => key in english && places(text).join() !== places(english[key] as Table[string]).join(),
    );
    expect(differing.map(([key]) => key)).toEqual([]);
  });

  it("have every plural form of the language, and no empty text", () => {
    const wrong = Object.entries(table).filter(([, text]) =>
      typeof text === "string" ? !text.trim() : [...forms].sort().join() !== Object.keys(text).sort().join(),
    );
    expect(wrong.map(([key]) => key)).toEqual([]);
  });
});

describe("the language of a page", () => {
  it("is the first that there are texts in", () => {
    expect(preferred(["pt-BR", "de-AT", "fr"])).toBe("de");
    expect(preferred(["ja", "pt"])).toBe("en");
    expect(preferred([])).toBe("en");
  });
});
