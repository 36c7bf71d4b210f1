import { describe, expect, it } from "vitest";

import en from "../locales/en.json";
import { t, type Key } from "../src/core/i18n.js";

const source = Object.values(
  import.meta.glob<string>("../src/**/*.ts", { query: "?raw", import: "default", eager: true }),
).join("\n");

/** Keys that are put together from a prefix and a value. */
const COMPOSED = [/`(error|costs\.range|costs\.group|sidebar|empty)\.?[\w]*\$\{/g]
  .flatMap((pattern) => [...source.matchAll(pattern)])
  .map(([, prefix]) => `${prefix}.`);

describe("texts", () => {
  it("are all used", () => {
    const unused = Object.keys(en).filter(
      (key) => !source.includes(`"${key}"`) && !COMPOSED.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });

  it("choose a plural form by the count and write numbers as the language does", () => {
    expect(t("receipt.tokens", { count: 1 })).toBe("1 token");
    expect(t("receipt.tokens", { count: 1234 })).toBe("1,234 tokens");
  });

  it("show a key that is missing instead of breaking", () => {
    expect(t("no.such.key" as Key)).toBe("no.such.key");
  });
});
