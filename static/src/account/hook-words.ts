// Events and deliveries of webhooks, in words. Pure.
import { t } from "../core/i18n.js";
import type { CreateHook } from "../core/wire.gen.js";

type Name = CreateHook["events"][number];

const EVENTS: Readonly<Record<Name, () => string>> = {
  "quota.threshold": () => t("hooks.event.quota"),
  "plan.changed": () => t("hooks.event.plan"),
  "credits.granted": () => t("hooks.event.granted"),
  "credits.refunded": () => t("hooks.event.refunded"),
  "webhook.disabled": () => t("hooks.event.disabled"),
  "report.ready": () => t("hooks.event.report"),
  "report.failed": () => t("hooks.event.reportFailed"),
  "alert.opened": () => t("hooks.event.alertOpened"),
  "alert.updated": () => t("hooks.event.alertUpdated"),
  "alert.closed": () => t("hooks.event.alertClosed"),
};

/** An event in words; one that this page does not know by its own name. */
export const eventWords = (name: Name): string => EVENTS[name]?.() ?? name;

interface State {
  words: string;
  tag: "" | "good" | "warn" | "bad";
}

/** What became of a delivery. */
export function stateWords(state: string): State {
  switch (state) {
    case "delivered":
      return { words: t("deliveries.delivered"), tag: "good" };
    case "failed":
      return { words: t("deliveries.failed"), tag: "bad" };
    case "cancelled":
      return { words: t("deliveries.cancelled"), tag: "" };
    default:
      return { words: t("deliveries.waiting"), tag: "warn" };
  }
}
