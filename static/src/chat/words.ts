// What is said about a turn beside its text: names of models, reasons, notices. Pure.
import type { Problem } from "../core/api.js";
import { locale, t, type Key } from "../core/i18n.js";
import { credits, isZero } from "../core/money.js";
import { reason } from "../core/reasons.js";
import { utcDay } from "../core/time.js";
import type { TurnNoticeLine, TurnState } from "../core/turns.js";
import type { ModelInfo } from "../core/resources.js";

export type Tone = "bad" | "warn" | "info" | "plain";
export type Deed = "again" | "continue" | "edit" | "cancel";

export interface Notice {
  tone: Tone;
  text: string;
  deeds: readonly Deed[];
}

/** The name of a model for people: without the provider's prefix. */
export function modelName(id: string | undefined, models: readonly ModelInfo[]): string {
  if (!id) return "";
  const known = models.find((model) => model.id === id || model.name === id);
  return known?.name ?? id.slice(id.indexOf("/") + 1);
}

function text(metadata: Record<string, unknown>, name: string): string | undefined {
  const value = metadata[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function amount(metadata: Record<string, unknown>, name: string): string | undefined {
  const value = text(metadata, name);
  return value !== undefined && /^-?\d+(\.\d+)?$/.test(value) ? credits(value, locale()) : undefined;
}

/** Why a message was turned down before it became a turn. */
export function refusal(problem: Problem): string {
  const { metadata } = problem;
  switch (problem.code) {
    case "insufficient_credits": {
      const needed = amount(metadata, "needed");
      const spendable = amount(metadata, "spendable");
      return needed && spendable ? t("notice.shortCredits", { needed, spendable }) : t("notice.shortCreditsPlain");
    }
    case "quota_exceeded": {
      const resets = text(metadata, "resetsAt");
      return resets ? t("notice.quota", { day: utcDay(resets, locale()) }) : t("notice.quotaPlain");
    }
    case "rate_limited": {
      const limit = text(metadata, "limit");
      return limit ? t("notice.rateLimited", { limit }) : t("notice.rateLimitedPlain");
    }
    case "paused": {
      const why = text(metadata, "reason");
      if (!why) return reason(problem.code, problem.message);
      return t(metadata["scope"] === "model" ? "notice.pausedModel" : "notice.paused", { reason: why });
    }
    default:
      return reason(problem.code, problem.message);
  }
}

const FINISHES: Record<string, Key> = {
  length: "notice.length",
  credits: "notice.creditsOut",
  quota: "notice.quotaOut",
  content_filter: "notice.filter",
};

/** What stands under an answer that did not simply end well. */
export function outcomeNotice(turn: TurnState): Notice | undefined {
  const charged = turn.receipt?.charged ?? "0";
  const cost = isZero(charged)
    ? t("notice.refunded")
    : t("notice.charged", { credits: credits(charged, locale()) });
  switch (turn.phase) {
    case "failed": {
      const what = turn.text ? t("notice.partial") : t("notice.failed");
      const why = reason(turn.error?.code ?? "internal", turn.error?.message ?? "");
      return {
        tone: "bad",
        text: `${what} ${why} ${cost}`,
        deeds: turn.text ? ["continue", "again"] : ["again"],
      };
    }
    case "cancelled":
      return {
        tone: "plain",
        text: isZero(charged)
          ? t("notice.stoppedFree")
          : t("notice.stopped", {
              charged: credits(charged, locale()),
              released: credits(turn.receipt?.released ?? "0", locale()),
            }),
        deeds: turn.text ? ["continue"] : ["again"],
      };
    case "completed": {
      const key = FINISHES[turn.finishReason ?? ""];
      return key && { tone: "warn", text: t(key), deeds: turn.finishReason === "length" ? ["continue"] : [] };
    }
    default:
      return undefined;
  }
}

/** One line for something that happened while the turn ran. */
export function eventNotice(line: TurnNoticeLine, models: readonly ModelInfo[]): string | undefined {
  const name = (field: string): string => modelName(text(line.detail, field), models);
  switch (line.kind) {
    case "retry":
      return t("notice.retry");
    case "failover":
      return t("notice.failover", {
        from: name("from") || t("thread.assistant", { time: "" }),
        to: name("to") || name("model"),
      });
    case "handoff":
      return t("notice.handoff", { to: text(line.detail, "to") ?? text(line.detail, "agent") ?? "" });
    case "tool":
      if (text(line.detail, "state") === "answered") return undefined; // its call was told
      return t("notice.tool", { name: text(line.detail, "name") ?? text(line.detail, "tool") ?? "" });
    case "history_cut":
      return t("notice.historyCut");
    default:
      return undefined;
  }
}
