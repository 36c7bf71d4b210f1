import { beforeAll, describe, expect, it } from "vitest";

import costs from "../locales/en.costs.json";
import { figure, readAt } from "../src/admin/curve.js";
import { Rings } from "../src/admin/feed.js";
import { extend } from "../src/core/i18n.js";

describe("a second of the curve", () => {
  beforeAll(() => extend(costs));

  it("has a figure where something came, and none where the connection was lost", () => {
    const rings = new Rings(1, 4, 103);
    rings.set("a", 103, 0.5);
    rings.advance(104, false);
    const read = (at: number): string => readAt([{ key: "a", colour: 1 }], rings, at, String);
    expect(read(1)).toContain("$0.00");
    expect(read(2)).toContain("a $0.5000");
    expect(read(3)).toContain("no figures");
    expect([...(rings.row("a") ?? [])].map(figure)).toEqual(["$0.00", "$0.00", "$0.5000", "–"]);
  });
});
