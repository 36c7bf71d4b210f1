import { describe, expect, it } from "vitest";

import { add, compare, credits, price, product, ratio, share, subtract, usd } from "../src/core/money.js";

describe("decimal strings", () => {
  it("are added and subtracted without a float", () => {
    expect(add("0.1", "0.2")).toBe("0.3");
    expect(add("9007199254740993", "0.000000001")).toBe("9007199254740993.000000001");
    expect(subtract("1", "0.999999999")).toBe("0.000000001");
    expect(subtract("0.5", "1.25")).toBe("-0.75");
  });

  it("are compared by value, not by letters", () => {
    expect(compare("10", "9.99")).toBe(1);
    expect(compare("0.10", "0.1")).toBe(0);
    expect(compare("-1", "0")).toBe(-1);
  });

  it("multiply prices with tokens exactly", () => {
    expect(product("0.15", 7, 6)).toBe("0.00000105");
    expect(product("2.5", 1_000_000, 6)).toBe("2.5");
  });

  it("refuse what is not a decimal", () => {
    for (const bad of ["", "1e3", "NaN", "1.", ".5", "1,000"]) expect(() => add(bad, "1")).toThrow(RangeError);
  });

  it("give shares and ratios for widths", () => {
    expect(share("5", "20")).toBe(0.25);
    expect(share("30", "20")).toBe(1);
    expect(share("1", "0")).toBe(0);
    expect(ratio("0.09", "0.03")).toBe(3);
  });
});

describe("dollars for people", () => {
  it.each([
    ["0", "$0.00"],
    ["0.000", "$0.00"],
    ["0.0142", "$0.0142"],
    ["0.22", "$0.22"],
    ["0.003", "$0.0030"],
    ["0.00005", "<$0.0001"],
    ["0.000000001", "<$0.0001"],
    ["4120.2", "$4,120.20"],
    ["50", "$50"],
    ["1.005", "$1.01"],
  ])("%s is %s", (text, shown) => expect(usd(text)).toBe(shown));

  it("never rounds a cost to nothing, at any number of decimals", () => {
    for (const digits of [2, 4, 6]) {
      for (let places = 1; places <= 9; places++) {
        expect(usd(`0.${"0".repeat(places - 1)}1`, "en", digits)).not.toMatch(/^\$0\.0+$/);
      }
    }
  });

  it("keeps the digits of a price list", () => {
    expect(price("0.075")).toBe("$0.075");
    expect(price("10")).toBe("$10");
    expect(price("2.5")).toBe("$2.50");
  });

  it("is nothing at any precision", () => expect([usd("0", "en", 4), usd("0", "en", 6)]).toEqual(["$0.00", "$0.00"]));

  it("writes as the language does", () => expect(usd("4120.2", "de")).toBe("4.120,20\u00a0$"));
});

describe("credits for people", () => {
  it.each([
    ["0", "0"],
    ["1284.525", "1,284.53"],
    ["0.004", "<0.01"],
    ["987654.321", "987,654"],
    ["12.5", "12.5"],
  ])("%s is %s", (text, shown) => expect(credits(text)).toBe(shown));

  it("has both decimals in a column, where it has one", () => {
    expect(["-0.6", "12.5", "7", "987654.3"].map((text) => credits(text, "en", true))).toEqual(["-0.60", "12.50", "7", "987,654"]);
  });
});
