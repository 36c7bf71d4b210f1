import { describe, expect, it } from "vitest";

import { amount, moment, whole } from "../src/creator/amounts.js";
import { conversion, finding, percent, proven, sureness } from "../src/creator/confidence.js";
import { history } from "../src/creator/dialogue.js";
import { lengthOn, posted } from "../src/creator/platforms.js";
import type { ExperimentView, VariantView } from "../src/core/wire.gen.js";

const variant = (key: string, difference?: number, isSignificant = false, reported = 100): VariantView => ({
  key,
  text: key,
  weight: 1,
  assigned: reported,
  reported,
  converted: 0,
  rate: reported ? 0.1 : null,
  interval: { low: 0, high: 1 },
  revenueUsd: "0",
  ...(difference === undefined ? {} : { comparison: { difference, pValue: isSignificant ? 0.01 : 0.5, isSignificant, moreReports: 0 } }),
});

describe("how sure it is", () => {
  it("is a word that never grows weaker with the number", () => {
    const order = ["creator.sure.guess", "creator.sure.unsure", "creator.sure.fairly", "creator.sure.very"];
    const found = Array.from({ length: 101 }, (_, index) => order.indexOf(sureness(index / 100)));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(new Set(found)).toEqual(new Set([0, 1, 2, 3]));
  });

  it("shows small shares with a decimal, and says what they mean", () => {
    expect(percent(0.72, "en")).toBe("72%");
    expect(percent(0.085, "en")).toBe("8.5%");
    expect(percent(0, "en")).toBe("0%");
    expect(conversion(0.08)).toBe("creator.sells.well");
    expect(conversion(0.01)).toBe("creator.sells.rarely");
  });
});

describe("a test of messages", () => {
  it("proves only what is significant", () => {
    expect(finding(variant("a"))).toBe("creator.ab.control");
    expect(finding(variant("b", 0.05, true))).toBe("creator.ab.better");
    expect(finding(variant("b", -0.05, true))).toBe("creator.ab.worse");
    expect(finding(variant("b", 0.05))).toBe("creator.ab.open");
    expect(finding(variant("b", 0, false, 0))).toBe("creator.ab.silent");
  });

  it("has the best of what is proven as its finding", () => {
    const variants = [variant("a"), variant("b", 0.05, true), variant("c", 0.2), variant("d", 0.09, true), variant("e", -0.3, true)];
    expect(proven({ variants } as unknown as ExperimentView)?.key).toBe("d");
    expect(proven({ variants: variants.slice(0, 1) } as unknown as ExperimentView)).toBeUndefined();
  });
});

describe("what people type", () => {
  it("is an amount however they mark cents and thousands", () => {
    expect(["25", "25,50", "$1,250.00", "1.250,5", "12 400", ".5", ""].map(amount)).toEqual(["25", "25.50", "1250.00", "1250.5", "12400", "0.5", undefined]);
    expect(amount("many")).toBe("many");
    expect([whole("61,200"), whole("61 200"), whole("a few")]).toEqual([61200, 61200, undefined]);
    expect([moment("2026-11-02"), moment("")]).toEqual(["2026-11-02T00:00:00Z", undefined]);
  });

  it("is a dialogue, lines that name nobody going on with the one before", () => {
    expect(history("fan: Hi!\nme: Welcome.\nGood to see you.\n\nFAN: You too")).toEqual([
      { by: "fan", text: "Hi!" },
      { by: "creator", text: "Welcome.\nGood to see you." },
      { by: "fan", text: "You too" },
    ]);
  });
});

describe("a caption's length", () => {
  it("is counted as the platform counts it, hashtags included", () => {
    const text = posted("Sun ☀ 日本", ["#a", "#b"]);
    expect(lengthOn("instagram", text)).toBe(14);
    expect(lengthOn("twitter", text)).toBe(17);
  });
});
