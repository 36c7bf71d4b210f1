import { describe, expect, it } from "vitest";

import { COLOURS, SERIES } from "../src/ui/tokens.js";

function luminance(hex: string): number {
  const channel = (at: number): number => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("contrast in the %s theme", (_name, side) => {
  const grounds = [COLOURS.canvas, COLOURS.surface, COLOURS.sunken].map((pair) => pair[side]);

  it.each(["text", "muted", "accent", "ok", "warn", "bad", "info"] as const)("%s is legible", (name) => {
    for (const ground of grounds) expect(contrast(COLOURS[name][side], ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SERIES.map((pair, index) => [index + 1, pair] as const))("series %i is legible", (_n, pair) => {
    for (const ground of grounds) expect(contrast(pair[side], ground)).toBeGreaterThanOrEqual(4.5);
  });

  it("soft grounds carry their own colour and the text", () => {
    for (const name of ["warn", "bad", "info", "accent"] as const) {
      const ground = COLOURS[`${name}-soft`][side];
      expect(contrast(COLOURS[name][side], ground)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(COLOURS.text[side], ground)).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("words on the accent are legible, and controls have visible edges", () => {
    expect(contrast(COLOURS["on-accent"][side], COLOURS.accent[side])).toBeGreaterThanOrEqual(4.5);
    for (const ground of grounds) expect(contrast(COLOURS.control[side], ground)).toBeGreaterThanOrEqual(3);
  });
});
