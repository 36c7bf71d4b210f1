// What is said about a turn beside its text: names of models, reasons, notices. Pure.
import { agentName } from "../core/agents.js";
import type { Problem } from "../core/api.js";
import { locale, t, type Key } from "../core/i18n.js";
import { credits, isZero, plural, usd } from "../core/money.js";
import { reason, whyAsked } from "../core/reasons.js";
import { stopwatch, utcDay } from "../core/time.js";
import type { TurnNoticeLine, TurnState } from "../core/turns.js";
import type { ModelInfo } from "../core/resources.js";

export type Tone = "bad" | "warn" | "info" | "plain";
export type Deed = "again" | "other" | "continue" | "edit" | "cancel" | "plans";

export interface Notice {
  tone: Tone;
  text: string;
  deeds: readonly Deed[];
}

/** The name of a model for people, as it stands wherever it is chosen; one not known goes without its provider. */
export function modelName(id: string | undefined, models: readonly ModelInfo[]): string {
  if (!id) return "";
  const known = models.find((model) => model.id === id || model.name === id);
  return known?.title ?? id.slice(id.indexOf("/") + 1);
}

function text(metadata: Record<string, unknown>, name: string): string | undefined {
  const value = metadata[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function amount(metadata: Record<string, unknown>, name: string): string | undefined {
  const value = text(metadata, name);
  return value !== undefined && /^-?\d+(\.\d+)?$/.test(value) ? credits(value, locale()) : undefined;
}

function dollars(metadata: Record<string, unknown>, name: string): string | undefined {
  const value = text(metadata, name);
  return value !== undefined && /^-?\d+(\.\d+)?$/.test(value) ? usd(value, locale()) : undefined;
}

/** What was asked for outside a chat and turned down. */
export function turnedDown(problem: Problem): Notice {
  return { tone: "bad", text: `${t("notice.notSent")} ${refusal(problem)}`, deeds: ["again", "edit"] };
}

/** When it sends itself: seconds as a number, what is longer as on a clock. */
export function countdown(seconds: number): string {
  return seconds < 60 ? t("notice.countdown", { count: seconds }) : t("notice.countdownClock", { clock: stopwatch(seconds * 1000) });
}

/** What a message was asked with and is no more. */
const GONE: Readonly<Record<string, Key>> = { "$.presetId": "notice.presetGone", "$.agent": "notice.agentGone" };

/** Why a message was turned down before it became a turn. */
export function refusal(problem: Problem): string {
  const { metadata } = problem;
  const gone = GONE[problem.path];
  if (gone) return t(gone);
  switch (problem.code) {
    case "insufficient_credits": {
      const needed = amount(metadata, "needed");
      const spendable = amount(metadata, "spendable");
      return needed && spendable ? t("notice.shortCredits", { needed, spendable }) : t("notice.shortCreditsPlain");
    }
    case "quota_exceeded": {
      const resets = text(metadata, "resetsAt");
      const [needed, left] = [dollars(metadata, "needed"), dollars(metadata, "remaining")];
      if (!resets) return t("notice.quotaPlain");
      const day = utcDay(resets, locale());
      return needed && left ? t("notice.quotaShort", { needed, left, day }) : t("notice.quota", { day });
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

/** What can be done about an end that came too early. */
const AFTER: Record<string, readonly Deed[]> = {
  length: ["continue"],
  credits: ["continue", "plans"],
  quota: ["continue", "plans"],
};

/** What stands under an answer that did not simply end well. */
export function outcomeNotice(turn: TurnState): Notice | undefined {
  const charged = turn.receipt?.charged ?? "0";
  const cost = isZero(charged)
    ? t("notice.refunded")
    : t("notice.charged", { credits: credits(charged, locale()), count: plural(charged) });
  switch (turn.phase) {
    case "failed": {
      const what = turn.text ? t("notice.partial") : t("notice.failed");
      const code = turn.error?.code ?? "internal";
      // It stays to be read when the server has long been back.
      const why = code === "draining" ? t("notice.restarted") : reason(code, turn.error?.message ?? "");
      return {
        tone: "bad",
        text: `${what} ${why} ${cost}`,
        deeds: turn.text ? ["continue", "again"] : ["again", "other"],
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
      return key && { tone: "warn", text: t(key), deeds: AFTER[turn.finishReason ?? ""] ?? [] };
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
        from: name("from") || t("agent.assistant"),
        to: name("to") || name("model"),
      });
    case "handoff":
      return t("notice.handoff", { to: agentName(text(line.detail, "to") ?? text(line.detail, "agent") ?? "") });
    case "agent_failed":
      return t("notice.agentFailed", {
        agent: agentName(text(line.detail, "agent") ?? ""),
        message: text(line.detail, "message") ?? "",
      });
    case "compliance":
      return t("notice.compliance", { reasons: [line.detail["reasons"]].flat().join(" ") });
    case "tool":
      if (text(line.detail, "state") === "answered") return undefined; // its call was told
      return t("notice.tool", { name: text(line.detail, "name") ?? text(line.detail, "tool") ?? "" });
    case "history_cut":
      return t("notice.historyCut");
    default:
      return undefined;
  }
}

/** What more there is to say of such a line, for whoever asks. */
export function eventDetails({ kind, detail }: TurnNoticeLine): string | undefined {
  const why = reason(text(detail, "code") ?? "", text(detail, "message") ?? "");
  switch (kind) {
    case "retry":
      return [t("notice.retryDetails", { attempt: text(detail, "attempt") ?? "", of: text(detail, "of") ?? "" }), why].join(" ");
    case "failover":
      return [why, t("notice.failoverDetails")].filter(Boolean).join(" ");
    case "handoff":
      return whyAsked(text(detail, "why") ?? "", text(detail, "reason") ?? "", [detail["words"] ?? []].flat().map(String)) || undefined;
    case "history_cut":
      return t("notice.historyCutDetails", { count: Number(text(detail, "dropped") ?? 0) });
    default:
      return undefined;
  }
}
