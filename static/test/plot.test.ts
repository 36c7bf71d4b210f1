import { describe, expect, it } from "vitest";

import { Rings } from "../src/admin/feed.js";
import { begun, niceStep, stack, timeStep } from "../src/ui/plot.js";

describe("ticks", () => {
  it("are round figures that are far enough apart", () => {
    expect(niceStep(0.0003)).toBeCloseTo(0.0005, 9);
    expect(niceStep(1)).toBe(1);
    expect(niceStep(2.1)).toBe(2.5);
    expect(niceStep(60)).toBe(100);
    expect(timeStep(2, 72)).toBe(60);
    expect(timeStep(0.02, 72)).toBe(3_600);
  });
});

describe("a window that goes on", () => {
  it("is drawn up to the bucket that fills up now", () => {
    const times = Float64Array.of(0, 10, 20, 30);
    expect(begun(times, 15)).toBe(2);
    expect(begun(times, 100)).toBe(4);
    expect(begun(times, -1)).toBe(0);
  });
});

describe("what nobody has heard", () => {
  it("is a gap, never a zero, and no sum is made of it", () => {
    const rings = new Rings(1, 4, 100);
    rings.set("a", 100, 2);
    rings.advance(102, false);
    expect([...(rings.row("a") ?? [])]).toEqual([0, 2, Number.NaN, Number.NaN]);
    expect(rings.sum("a")).toBe(2);
    const [both] = stack([rings.row("a")!, Float64Array.of(1, 1, 1, 1)]);
    expect([...both!]).toEqual([1, 3, Number.NaN, Number.NaN]);
  });
});
