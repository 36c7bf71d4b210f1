// What a notification says to its reader. Pure.
import { locale, t, type Key } from "../core/i18n.js";
import { add, credits, isZero, subtract, usd } from "../core/money.js";
import { planName } from "../core/plans.js";
import type { Note } from "../core/resources.js";
import { full, utcDay } from "../core/time.js";
import type { Quota } from "../core/wire.gen.js";

export interface Words {
  title: string;
  text: string;
  /** Where more can be seen or done, and what that is called. */
  href?: string;
  deed?: Key;
}

/** Of what somebody is told; each can be asked for alone. */
export const KINDS = ["quota", "plan", "credits", "webhook", "report", "alert"] as const;

const USAGE = { href: "/usage", deed: "notices.usage" } as const;
const INSIGHTS = { href: "/creator/insights", deed: "notices.insights" } as const;

const ALERTS = {
  "alert.opened": "notices.alertOpened",
  "alert.updated": "notices.alertUpdated",
  "alert.closed": "notices.alertClosed",
} as const;

/** Neither spent nor set aside; never below nothing. */
function left({ limitUsd, spentUsd, heldUsd }: Quota): string {
  const rest = subtract(limitUsd ?? "0", add(spentUsd, heldUsd));
  return rest.startsWith("-") ? "0" : rest;
}

export function wordsOf(note: Note): Words {
  switch (note.event) {
    case "quota.threshold": {
      const { percent, quota } = note.data;
      const values = {
        spent: usd(quota.spentUsd, locale()),
        limit: usd(quota.limitUsd ?? "0", locale()),
        left: usd(left(quota), locale()),
        day: utcDay(quota.resetsAt, locale()),
      };
      if (percent < 100) return { title: t("notices.threshold", { percent }), text: t("notices.thresholdText", values), ...USAGE };
      // The first refusal is told; what it refused may have been dearer than most.
      return isZero(left(quota))
        ? { title: t("notices.thresholdFull"), text: t("notices.thresholdFullText", values), ...USAGE }
        : { title: t("notices.thresholdNear"), text: t("notices.thresholdNearText", values), ...USAGE };
    }
    case "plan.changed": {
      const { limitUsd } = note.data;
      const [before, plan] = [planName(note.data.before), planName(note.data.plan)];
      return {
        title: t("notices.plan", { plan }),
        text: limitUsd === null
          ? t("notices.planNoLimit", { before })
          : t("notices.planText", { before, limit: usd(limitUsd, locale()) }),
        ...USAGE,
      };
    }
    case "credits.granted":
    case "credits.refunded":
      return {
        title: t(note.event === "credits.granted" ? "notices.granted" : "notices.refunded", {
          credits: credits(note.data.credits, locale()),
        }),
        text: note.data.reason ?? "",
        ...USAGE,
      };
    case "webhook.disabled": {
      const { host, reason, failingSince } = note.data;
      return {
        title: t("notices.webhook"),
        text: reason === "gone"
          ? t("notices.webhookGone", { host })
          : t("notices.webhookFailing", { host, at: full(failingSince, locale()) }),
        href: "/settings",
        deed: "notices.settings",
      };
    }
    case "report.ready":
      return {
        title: t("notices.reportReady"),
        text: t("notices.reportNext", { at: full(note.data.nextAt, locale()) }),
        ...INSIGHTS,
      };
    case "report.failed":
      return {
        title: t("notices.reportFailed"),
        text: `${note.data.message} ${t("notices.reportNext", { at: full(note.data.nextAt, locale()) })}`,
        ...INSIGHTS,
      };
    case "alert.opened":
    case "alert.updated":
    case "alert.closed":
      return {
        title: t(ALERTS[note.event], { scope: note.data.scope }),
        text: note.data.explanation,
        ...(note.event === "alert.closed"
          ? { href: "/admin/alerts", deed: "notices.alerts" }
          : { href: "/admin/costs", deed: "notices.costs" }),
      };
  }
}
