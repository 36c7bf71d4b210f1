import { describe, expect, it } from "vitest";

import { Feed, Rings, SERIES_MAX } from "../src/admin/feed.js";
import { exportPath, readView, windowAround, writeView } from "../src/admin/monitor.js";
import { Order } from "../src/admin/ranking.js";
import type { FeedAlert, FeedSnapshot } from "../src/core/resources.js";
import { Palette } from "../src/ui/palette.js";
import { stack } from "../src/ui/plot.js";

const snapshot: FeedSnapshot = {
  type: "feed.snapshot", re: "1", watermark: 10, stepSeconds: 1,
  totals: { perSecondUsd: "0.1", perMinuteUsd: "1", usualPerSecondUsd: "0.1", todayUsd: "2", monthUsd: "3", monthForecastUsd: "4" },
  running: { turns: 0, costUsd: "0", heldUsd: "0" },
  errors: { rate: 0, calls: 0 },
  series: [{ key: "a", points: [[998, "0.5"], [999, "0.25"]] }],
  groups: [], groupCount: 0, dearest: [], alerts: [],
};

describe("rings", () => {
  it("forget what falls off the old end and show nothing as zero", () => {
    const rings = new Rings(1, 4, 103);
    for (const second of [100, 101, 102, 103]) rings.set("a", second, second - 99);
    expect([...(rings.row("a") ?? [])]).toEqual([1, 2, 3, 4]);
    rings.advance(105.9);
    expect([...(rings.row("a") ?? [])]).toEqual([3, 4, 0, 0]);
    expect([...rings.times()]).toEqual([102, 103, 104, 105]);
    rings.advance(500);
    expect([...(rings.row("a") ?? [])]).toEqual([0, 0, 0, 0]);
  });

  it("never go back", () => {
    const rings = new Rings(1, 4, 103);
    expect(rings.advance(90)).toBe(false);
    expect(rings.times()[3]).toBe(103);
  });

  it("write a point again instead of adding it, and ignore what is too old", () => {
    const rings = new Rings(10, 3, 1000);
    rings.set("a", 1000, 5);
    rings.set("a", 1000, 8);
    rings.set("a", 10, 99);
    expect([...(rings.row("a") ?? [])]).toEqual([0, 0, 0.8]);
  });

  it("follow a server whose clock is ahead", () => {
    const rings = new Rings(1, 3, 100);
    rings.set("a", 102, 1);
    expect([...rings.times()]).toEqual([100, 101, 102]);
  });

  it("hold nine names and no more", () => {
    const rings = new Rings(1, 3, 100);
    for (let n = 0; n < SERIES_MAX; n++) expect(rings.set(`k${n}`, 100, 1)).toBe(true);
    expect(rings.set("tenth", 100, 1)).toBe(false);
    expect(rings.keys).toHaveLength(SERIES_MAX);
  });
});

describe("the feed", () => {
  it("lays updates over the snapshot and ignores marks that do not grow", () => {
    const feed = new Feed("5m", 1000);
    expect(feed.take(snapshot, 1000)).toBe("taken");
    const update = { type: "feed.update" as const, watermark: 11, running: { turns: 2, costUsd: "0.01", heldUsd: "1" }, series: [{ key: "a", points: [[1000, "0.75"]] as [number, string][] }] };
    expect(feed.take(update, 1000)).toBe("taken");
    expect(feed.take({ ...update, watermark: 11, running: { turns: 9, costUsd: "0", heldUsd: "0" } }, 1000)).toBe("ignored");
    expect(feed.parts).toMatchObject({ running: { turns: 2 }, totals: { todayUsd: "2" } });
    expect(feed.rings.sum("a")).toBeCloseTo(1.5);
  });

  it("draws a window that stands in the steps that the snapshot says", () => {
    const feed = new Feed({ from: "1970-01-01T00:10:00Z", to: "1970-01-01T00:30:00Z" }, 99_999);
    feed.take({ ...snapshot, stepSeconds: 60, series: [{ key: "a", points: [[600, "6"], [1740, "12"]] }] }, 99_999);
    expect([feed.rings.times()[0], feed.rings.times().at(-1)]).toEqual([600, 1740]);
    expect([feed.rings.row("a")?.[0], feed.rings.row("a")?.at(-1)]).toEqual([0.1, 0.2]);
  });

  it("keeps an alert in its place when it changes", () => {
    const feed = new Feed("5m", 1000);
    const alert = { id: "1", severity: "high" as const, scope: "system", scopeKind: "system" as const, scopeKey: "", observed: "2 USD", usual: "1 USD", since: "1970-01-01T00:10:00Z", explanation: "", acknowledged: false, paused: false };
    feed.take({ ...snapshot, alerts: [alert, { ...alert, id: "2" }] }, 1000);
    feed.take({ type: "alert.updated", alert: { ...alert, id: "2", paused: true } }, 1000);
    feed.take({ type: "alert.opened", alert: { ...alert, id: "3" } }, 1000);
    expect(feed.parts?.alerts.map(({ id, paused }) => [id, paused])).toEqual([["3", false], ["1", false], ["2", true]]);
  });

  it("passes over an alert that cannot be drawn, and shows everything else", () => {
    const feed = new Feed("5m", 1000);
    const alert = { id: "1", severity: "high" as const, scope: "system", scopeKind: "system" as const, scopeKey: "", observed: "2 USD", usual: "1 USD", since: "1970-01-01T00:10:00Z", explanation: "", acknowledged: false, paused: false };
    const broken = [null, "high", {}, { ...alert, since: "some day" }, { ...alert, severity: "grave" }, { ...alert, explanation: null }];
    const shown = (): unknown => feed.parts?.alerts.map(({ id }) => id);
    feed.take({ ...snapshot, alerts: [...broken, alert] as FeedAlert[] }, 1000);
    expect(shown()).toEqual(["1"]);
    for (const one of broken) expect(feed.take({ type: "alert.opened", alert: one as FeedAlert }, 1000)).toBe("ignored");
    expect(shown()).toEqual(["1"]);
    feed.take({ ...snapshot, alerts: null as unknown as FeedAlert[] }, 1000);
    expect(feed.parts).toMatchObject({ alerts: [], totals: snapshot.totals });
  });

  it("does not draw a tail without its head", () => {
    expect(new Feed("5m", 0).take({ type: "feed.update", watermark: 1 }, 0)).toBe("ignored");
  });

  it("asks for a snapshot when a tenth name appears", () => {
    const feed = new Feed("5m", 1000);
    feed.take(snapshot, 1000);
    const series = Array.from({ length: 9 }, (_v, n) => ({ key: `k${n}`, points: [[1000, "1"]] as [number, string][] }));
    expect(feed.take({ type: "feed.update", watermark: 12, series }, 1000)).toBe("again");
  });

  it("is no longer stale after a snapshot", () => {
    const feed = new Feed("5m", 1000);
    feed.take(snapshot, 1000);
    feed.take({ type: "feed.stale", since: "2026-11-21T00:00:00Z" }, 1000);
    expect(feed.stale).toBe(true);
    feed.take(snapshot, 1000);
    expect(feed.stale).toBe(false);
  });
});

describe("stacking", () => {
  it("draws the sum first and each row on top of the rest", () => {
    const rows = stack([Float64Array.of(1, 2), Float64Array.of(10, 20), Float64Array.of(100, 200)]);
    expect(rows.map((row) => [...row])).toEqual([[111, 222], [110, 220], [100, 200]]);
  });
});

describe("the ranking", () => {
  const rows = (...keys: string[]): { key: string }[] => keys.map((key) => ({ key }));
  const keys = (list: { key: string }[]): string => list.map(({ key }) => key).join("");

  it("keeps places for two seconds before it swaps", () => {
    const order = new Order();
    expect(keys(order.settle(rows("a", "b"), 0))).toBe("ab");
    expect(keys(order.settle(rows("b", "a"), 1000))).toBe("ab");
    expect(keys(order.settle(rows("b", "a"), 2900))).toBe("ab");
    expect(keys(order.settle(rows("b", "a"), 3000))).toBe("ba");
  });

  it("begins to wait anew when the rows were in order again meanwhile", () => {
    const order = new Order();
    order.settle(rows("a", "b"), 0);
    order.settle(rows("b", "a"), 100);
    order.settle(rows("a", "b"), 1000);
    expect(keys(order.settle(rows("b", "a"), 2500))).toBe("ab");
  });

  it("shows new rows at once, at the end, and drops gone ones at once", () => {
    const order = new Order();
    order.settle(rows("a", "b"), 0);
    expect(keys(order.settle(rows("c", "a", "b"), 10))).toBe("abc");
    expect(keys(order.settle(rows("c", "b"), 20))).toBe("bc");
  });

  it("keeps a name's colour while it is shown", () => {
    const palette = new Palette();
    const all = new Set(["a", "b"]);
    const first = palette.colour("a", all);
    expect(palette.colour("b", all)).not.toBe(first);
    expect(palette.colour("a", all)).toBe(first);
  });

  it("have it on every page, as long as it is free", () => {
    const [here, there] = [new Palette(), new Palette()];
    here.colour("gpt", new Set(["gpt", "gemini"]));
    expect(here.colour("gemini", new Set(["gpt", "gemini"]))).toBe(there.colour("gemini", new Set(["gemini"])));
    const names = Array.from({ length: 10 }, (_none, at) => `name ${at}`);
    const colours = names.map((name) => here.colour(name, new Set(names)));
    expect(new Set(colours.slice(0, 8)).size).toBe(8);
    expect(colours.slice(8)).toEqual([9, 9]);
  });
});

describe("what is watched", () => {
  it("lives in the address", () => {
    const view = { range: "1h" as const, group: "feature" as const, filters: { feature: ["chat", "image"], creatorId: ["x"] } };
    expect(readView(writeView(view))).toEqual(view);
    expect(writeView(readView("?range=nonsense"))).toBe("");
    const stands = { ...view, range: windowAround("2026-05-01T12:00:40.5Z") };
    expect(stands.range).toEqual({ from: "2026-05-01T11:40:00.000Z", to: "2026-05-01T12:40:00.000Z" });
    expect(readView(writeView(stands))).toEqual(stands);
    expect(exportPath({ ...view, range: "5m" }, Date.parse("2026-05-01T12:00:00Z"))).toBe(
      "/api/admin/ai-costs/calls.csv?from=2026-05-01T11%3A55%3A00.000Z&to=2026-05-01T12%3A00%3A00.000Z&creatorId=x&feature=chat%2Cimage",
    );
    expect(readView("?from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z").range).toBe("5m");
  });
});
