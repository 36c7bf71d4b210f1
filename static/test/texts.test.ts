import { describe, expect, it } from "vitest";

import account from "../locales/en.account.json";
import chat from "../locales/en.chat.json";
import { extend, t, type Key, type Table } from "../src/core/i18n.js";

const source = Object.values(
  import.meta.glob<string>("../src/**/*.ts", { query: "?raw", import: "default", eager: true }),
).join("\n");

/** Keys that are put together from a prefix and a value. */
const COMPOSED = [
  /`(plans|usage|ledger)\.?[\w]*\$\{/g,
  /`(shortcut|error|page|alerts|notices|plan|costs\.range|costs\.group|sidebar|empty)\.?[\w]*\$\{/g,
  /`(shortcuts\.command|shortcuts\.group|questions|agent|feature|tools|why|routing\.kind)\.?[\w]*\$\{/g,
  /`(creator\.(?:kind|state|priority|impact))\.\$\{/g,
  /`(prices\.(?:field|show|source|state)|users\.plan|rules\.(?:field|hint|about|threshold)|incidents\.(?:view|state|kind|scope|severity|event|sent)|audit\.(?:kind|action|field)|providers(?:\.state)?)\.?[\w]*\$\{/g,
]
  .flatMap((pattern) => [...source.matchAll(pattern)])
  .map(([, prefix]) => `${prefix}.`);

const TABLES = Object.values(import.meta.glob<Table>("../locales/en*.json", { import: "default", eager: true }));

describe("texts", () => {
  it("are all used", () => {
    const unused = TABLES.flatMap((table) => Object.keys(table)).filter(
      (key) => !source.includes(`"${key}"`) && !COMPOSED.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });

  it("stand in one table each, and those of a page are there once it has brought them", () => {
    const keys = TABLES.flatMap((table) => Object.keys(table));
    expect(new Set(keys).size).toBe(keys.length);
    expect(t("members.you")).toBe("members.you");
    extend(account);
    expect(t("members.you")).toBe("you");
  });

  it("choose a plural form by the count and write numbers as the language does", () => {
    extend(chat);
    expect(t("receipt.tokens", { count: 1 })).toBe("1 token");
    expect(t("receipt.tokens", { count: 1234 })).toBe("1,234 tokens");
  });

  it("show a key that is missing instead of breaking", () => {
    expect(t("no.such.key" as Key)).toBe("no.such.key");
  });
});
