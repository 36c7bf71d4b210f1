// What a notification says to its reader. Pure.
import { locale, t } from "../core/i18n.js";
import { credits, usd } from "../core/money.js";
import type { Note } from "../core/resources.js";
import { full, utcDay } from "../core/time.js";

export interface Words {
  title: string;
  text: string;
  /** Where more can be seen or done. */
  href?: string;
}

const ALERTS = {
  "alert.opened": "notices.alertOpened",
  "alert.updated": "notices.alertUpdated",
  "alert.closed": "notices.alertClosed",
} as const;

export function wordsOf(note: Note): Words {
  switch (note.event) {
    case "quota.threshold": {
      const { percent, quota } = note.data;
      const values = {
        spent: usd(quota.spentUsd, locale()),
        limit: usd(quota.limitUsd ?? "0", locale()),
        day: utcDay(quota.resetsAt, locale()),
      };
      return percent < 100
        ? { title: t("notices.threshold", { percent }), text: t("notices.thresholdText", values) }
        : { title: t("notices.thresholdFull"), text: t("notices.thresholdFullText", values) };
    }
    case "plan.changed": {
      const { before, plan, limitUsd } = note.data;
      return {
        title: t("notices.plan", { plan }),
        text: limitUsd === null
          ? t("notices.planNoLimit", { before })
          : t("notices.planText", { before, limit: usd(limitUsd, locale()) }),
      };
    }
    case "credits.granted":
    case "credits.refunded":
      return {
        title: t(note.event === "credits.granted" ? "notices.granted" : "notices.refunded", {
          credits: credits(note.data.credits, locale()),
        }),
        text: note.data.reason ?? "",
      };
    case "webhook.disabled": {
      const { host, reason, failingSince } = note.data;
      return {
        title: t("notices.webhook"),
        text: reason === "gone"
          ? t("notices.webhookGone", { host })
          : t("notices.webhookFailing", { host, at: full(failingSince, locale()) }),
      };
    }
    case "alert.opened":
    case "alert.updated":
    case "alert.closed":
      return {
        title: t(ALERTS[note.event], { scope: note.data.scope }),
        text: note.data.explanation,
        ...(note.event === "alert.closed" ? {} : { href: "/admin/costs" }),
      };
  }
}
