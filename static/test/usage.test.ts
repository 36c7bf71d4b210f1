import { describe, expect, it } from "vitest";

import { after, callsOf, daysOf, ordered, queryOf, readView, spanOf, stack, writeView, type View } from "../src/account/buckets.js";
import { limitsOf } from "../src/account/limit-values.js";
import { markOf, outlook, part } from "../src/account/pace.js";
import { stepName } from "../src/account/step-names.js";
import type { QuotaView, UsageItem } from "../src/core/wire.gen.js";
import { ticks } from "../src/ui/axis.js";

/** Late in the evening of New York, where it is the day before. */
const NOW = Date.parse("2026-11-22T02:30:00Z");

const item = (step: string, key: string, name: string, chargedUsd: string): UsageItem => ({
  key, keys: { [step]: key, model: name }, calls: 1, inputTokens: 1, outputTokens: 1, costUsd: "9", chargedUsd,
});

describe("days", () => {
  it("are the server's, whatever zone the reader lives in", () => {
    expect(daysOf("7d", NOW)).toEqual({ from: "2026-11-16", to: "2026-11-22" });
    expect(daysOf("30d", NOW)).toEqual({ from: "2026-10-24", to: "2026-11-22" });
    expect(daysOf("month", NOW)).toEqual({ from: "2026-11-01", to: "2026-11-30" });
    const span = spanOf({ range: "7d" }, NOW);
    expect([span.from, span.to, span.step]).toEqual(["2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z", "day"]);
    expect(span.keys).toHaveLength(7);
    expect(stepName("2026-11-01", "long")).toBe("Sun, Nov 1");
    expect(stepName("2026-11-01T00:00:00Z", "long")).toBe("00:00");
    expect(stepName("2026-11", "long")).toBe("November 2026");
  });

  it("lose and repeat none where clocks are changed, nor in February", () => {
    const { keys } = spanOf({ range: { from: "2026-03-28", to: "2026-04-02" } }, NOW);
    expect(keys).toEqual(["2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01", "2026-04-02"]);
    expect(after("2024-02-28", 1)).toBe("2024-02-29");
    expect(after("2026-01-01", -1)).toBe("2025-12-31");
  });

  it("are drawn by hours when there is one, by months when there are many", () => {
    const day = spanOf({ range: "30d", day: "2026-11-09" }, NOW);
    expect([day.step, day.keys.length, day.keys[23], day.to]).toEqual(["hour", 24, "2026-11-09T23:00:00Z", "2026-11-10T00:00:00Z"]);
    const year = spanOf({ range: { from: "2025-12-05", to: "2026-11-21" } }, NOW);
    expect([year.step, year.keys.length, year.keys[0], year.keys.at(-1)]).toEqual(["month", 12, "2025-12", "2026-11"]);
  });

  it("that somebody chooses are put in order, and none is to come", () => {
    expect(ordered("2026-11-20", "2026-11-18", NOW)).toEqual({ from: "2026-11-18", to: "2026-11-20" });
    expect(ordered("2026-11-20", "2027-01-01", NOW)).toEqual({ from: "2026-11-20", to: "2026-11-22" });
    expect(ordered("2020-01-01", "2026-11-01", NOW)?.from).toBe("2023-11-03");
    expect(ordered("2026-02-30", "2026-03-01", NOW)).toBeUndefined();
  });
});

describe("the figures of a chart", () => {
  const span = spanOf({ range: { from: "2026-11-20", to: "2026-11-22" } }, NOW);

  it("add up exactly, the dearest first", () => {
    const found = stack([
      item("day", "2026-11-20", "a", "0.1"),
      item("day", "2026-11-20", "b", "0.2"),
      item("day", "2026-11-22", "b", "0.000000001"),
      item("day", "2026-11-19", "b", "5"),
    ], span, "model");
    expect(found.stripes).toEqual([
      { name: "b", sum: "0.200000001", calls: 2, amounts: ["0.2", "0", "0.000000001"] },
      { name: "a", sum: "0.1", calls: 1, amounts: ["0.1", "0", "0"] },
    ]);
    expect([found.sum, found.calls, found.others]).toEqual(["0.300000001", 3, 0]);
    expect(found.totals).toEqual(["0.3", "0", "0.000000001"]);
  });

  it("name seven and put the rest together", () => {
    const many = Array.from({ length: 10 }, (_none, at) => item("day", "2026-11-20", `m${at}`, `0.${at + 1}`));
    const found = stack(many, span, "model");
    expect(found.stripes.map(({ name }) => name)).toEqual(["m8", "m7", "m6", "m5", "m4", "m3", "m2", "other"]);
    expect([found.others, found.stripes.at(-1)?.sum, found.stripes.at(-1)?.calls]).toEqual([3, "0.4", 3]);
  });

  it("stand beside round ones", () => {
    expect(ticks(0.27, "en").ticks.map(({ text }) => text)).toEqual(["$0.00", "$0.10", "$0.20", "$0.30"]);
    expect(ticks(8, "en").ticks.map(({ text }) => text)).toEqual(["$0", "$2", "$4", "$6", "$8"]);
    expect(ticks(0.0031, "en").ticks.at(-1)?.text).toBe("$0.004");
    expect(ticks(0, "en").top).toBeGreaterThan(0);
  });
});

describe("what is looked at", () => {
  it("lives in the address", () => {
    const view: View = { range: "7d", by: "feature", filters: { model: "openai/gpt-4.1" }, day: "2026-11-20", hour: 5 };
    expect(readView(writeView(view), NOW)).toEqual(view);
    expect(writeView({ range: "30d", by: "model", filters: {} })).toBe("");
    const dates: View = { range: { from: "2026-10-01", to: "2026-10-31" }, by: "model", filters: {} };
    expect(readView(writeView(dates), NOW)).toEqual(dates);
    expect(readView("?range=forever&by=colour&day=tomorrow&hour=99", NOW)).toEqual({ range: "30d", by: "model", filters: {} });
  });

  it("is what the list of calls is about", () => {
    const view: View = { range: "7d", by: "model", filters: { feature: "chat" } };
    expect(callsOf(view, NOW)).toEqual({ from: "2026-11-16T00:00:00Z", to: "2026-11-23T00:00:00Z" });
    const hour = callsOf({ ...view, day: "2026-11-20", hour: 23 }, NOW);
    expect(hour).toEqual({ from: "2026-11-20T23:00:00Z", to: "2026-11-21T00:00:00Z" });
    expect(queryOf(hour, view.filters).get("feature")).toBe("chat");
  });
});

describe("the month's quota", () => {
  const quota = (spentUsd: string, forecastUsd: string, limitUsd: string | null = "10"): QuotaView => ({
    plan: "starter", planSource: "default", month: "2026-11", limitUsd, planLimitUsd: limitUsd, ownLimitUsd: null,
    spentUsd, heldUsd: "0.5", remainingUsd: limitUsd === null ? null : String(Number(limitUsd) - Number(spentUsd)),
    percent: 0, crossed: [], resetsAt: "2026-12-01T00:00:00Z", pace: 1, forecastUsd, rate: null,
  });
  const now = Date.parse("2026-11-21T00:00:00Z");

  it("lasts so long at this pace", () => {
    expect(outlook(quota("8", "12"), now, "en")).toEqual({ key: "quota.daysLeft", values: { count: 5 }, late: true });
    expect(outlook(quota("9.9", "14"), now, "en").key).toBe("quota.lastHours");
    expect(outlook(quota("2", "3"), now, "en")).toEqual({ key: "quota.forecast", values: { usd: "$3" }, late: false });
    expect(outlook(quota("10", "15"), now, "en").key).toBe("quota.usedUp");
    expect(outlook(quota("0", "0"), now, "en").key).toBe("quota.untouched");
    expect(outlook(quota("0", "0", null), now, "en").key).toBe("quota.noLimit");
    expect(outlook(quota("2", "3", null), now, "en").key).toBe("quota.forecast");
  });

  it("is used up by what is spent and what is set aside, and its marks by what is spent", () => {
    expect(part(quota("7.5", "9"))).toBe(0.8);
    expect(part(quota("7.5", "9", null))).toBeUndefined();
    expect([["7.99", 0], ["8", 80], ["9.4999", 80], ["9.5", 95], ["10", 100], ["11", 100]].map(([spent, mark]) => markOf(quota(String(spent), "0")) === mark))
      .toEqual(Array.from({ length: 6 }, () => true));
    expect(markOf(quota("500", "0", null))).toBe(0);
  });
});

describe("limits of one's own", () => {
  it("are taken as they were typed, and none where nothing was", () => {
    expect(limitsOf({ monthlyUsd: " $2,50 ", requestsPerHour: "20", runningTurns: "" })).toEqual({
      limits: { monthlyUsd: "2.50", requestsPerHour: 20, runningTurns: null }, faults: {},
    });
  });

  it("are above zero, and numbers", () => {
    const { faults } = limitsOf({ monthlyUsd: "0.00", requestsPerHour: "2.5", runningTurns: "many" });
    expect(faults).toEqual({ monthlyUsd: "usd", requestsPerHour: "count", runningTurns: "count" });
    expect(limitsOf({ monthlyUsd: "ten", requestsPerHour: "0" }).faults).toEqual({ monthlyUsd: "usd", requestsPerHour: "count" });
  });
});
