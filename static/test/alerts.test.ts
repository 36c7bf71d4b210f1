import { describe, expect, it } from "vitest";

import chat from "../locales/en.chat.json";
import notices from "../locales/en.notices.json";
import { daysLeft } from "../src/account/pace.js";
import { wordsOf } from "../src/account/notice-words.js";
import { newest, type ThresholdNote } from "../src/account/threshold.js";
import { behind, creatorsOf, named } from "../src/admin/scope.js";
import { refusal } from "../src/chat/words.js";
import { Problem } from "../src/core/api.js";
import { extend } from "../src/core/i18n.js";
import type { Note } from "../src/core/resources.js";

const NOVA = "01936e4f-0000-7000-8000-000000000001";
const told = { id: NOVA, createdAt: "2026-05-01T12:00:00Z", readAt: null } as const;
const quota = { month: "2026-05", limitUsd: "10", spentUsd: "9.51", heldUsd: "0", resetsAt: "2026-06-01T00:00:00Z" };

extend(chat);
extend(notices);

describe("what is behind an incident", () => {
  it("names creators as people do", () => {
    const text = `made by creator ${NOVA} (80 %) and feature chat`;
    expect(named(text, new Map([[NOVA, "nova $& co"]]))).toBe("made by creator nova $& co (80 %) and feature chat");
  });

  it("has the creators behind it in its figures", () => {
    expect(creatorsOf({ creator: NOVA, call: { costUsd: "0.3", creatorId: "another" } })).toEqual([NOVA, "another"]);
    expect(creatorsOf({ times: 4 })).toEqual([]);
    expect(creatorsOf(undefined)).toEqual([]);
  });

  it("has the request behind it where the figures name one", () => {
    expect(behind({ call: { costUsd: "0.3", model: "demo/a", creatorId: NOVA } })).toEqual({ costUsd: "0.3", model: "demo/a", creator: NOVA, feature: "" });
    expect(behind({ times: 4 })).toBeUndefined();
    expect(behind(undefined)).toBeUndefined();
  });
});

describe("a notification", () => {
  it("of a threshold has figures and the day on which it starts again", () => {
    const note: Note = { ...told, event: "quota.threshold", severity: "warning", data: { percent: 95, quota } };
    expect(wordsOf(note)).toMatchObject({ title: "95% of this month's quota is used", text: "$9.51 of $10 spent, $0.49 left. It starts again on Jun 1 UTC." });
    const near: Note = { ...note, data: { percent: 100, quota } };
    expect(wordsOf(near)).toMatchObject({
      title: "An answer was more than is left of this month's quota",
      text: "$9.51 of $10 spent, $0.49 left until Jun 1 UTC. A cheaper model or a shorter answer may fit; a higher limit, or another plan, helps too.",
    });
    const full: Note = { ...note, data: { percent: 100, quota: { ...quota, spentUsd: "10" } } };
    expect(wordsOf(full).text).toBe("$10 of $10 spent, so new answers are refused until Jun 1 UTC. A higher limit, or another plan, helps before.");
  });

  it("of a month that is over is no warning any more", () => {
    const note: ThresholdNote = { ...told, event: "quota.threshold", severity: "warning", data: { percent: 95, quota } };
    expect(newest([note], Date.parse("2026-05-20T00:00:00Z"))).toBe(note);
    expect(newest([note], Date.parse("2026-06-01T00:00:00Z"))).toBeUndefined();
  });

  it("of a report says whether it came, and when the next is due", () => {
    const data = { cadence: "weekly", generationId: NOVA, nextAt: "2026-05-11T06:30:00Z" } as const;
    const ready = wordsOf({ ...told, event: "report.ready", severity: "info", data });
    expect(ready.title).toBe("Your performance report is there");
    expect(ready.text).toMatch(/^The next one is due on .*2026/);
    const { cadence, nextAt } = data;
    const missing = { cadence, nextAt, code: "no_figures", message: "There are no figures." };
    const failed = wordsOf({ ...told, event: "report.failed", severity: "warning", data: missing });
    expect(failed.text).toMatch(/^There are no figures. The next one is due on /);
  });

  it("of a plan without a limit says so", () => {
    const note: Note = { ...told, event: "plan.changed", severity: "info", data: { before: "pro", plan: "business", limitUsd: null } };
    expect(wordsOf(note).text).toBe("Before it was Pro. There is no monthly limit.");
  });
});

describe("what is left of a quota", () => {
  const half = Date.parse("2026-05-17T00:00:00Z");

  it("is used up in some days if it goes on like that", () => {
    expect(daysLeft({ remainingUsd: "1", spentUsd: "9", forecastUsd: "18", resetsAt: quota.resetsAt }, half)).toBe(1);
  });

  it("lasts", () => {
    expect(daysLeft({ remainingUsd: "8", spentUsd: "2", forecastUsd: "4", resetsAt: quota.resetsAt }, half)).toBeUndefined();
    expect(daysLeft({ remainingUsd: null, spentUsd: "2", forecastUsd: "4", resetsAt: quota.resetsAt }, half)).toBeUndefined();
    expect(daysLeft({ remainingUsd: "8", spentUsd: "0", forecastUsd: "0", resetsAt: quota.resetsAt }, half)).toBeUndefined();
  });
});

describe("what is paused", () => {
  const paused = (metadata: Record<string, unknown>): string => refusal(new Problem("paused", "Paused.", false, 423, undefined, metadata));

  it("is refused with its reason, and a way round where there is one", () => {
    expect(paused({ scope: "creator", reason: "Its cost is being looked into." })).toBe("The operators have paused this: Its cost is being looked into.");
    expect(paused({ scope: "model", reason: "Too dear." })).toBe("The operators have paused this model: Too dear. Choose another one.");
    expect(paused({})).toBe("The operators have paused this.");
  });
});
