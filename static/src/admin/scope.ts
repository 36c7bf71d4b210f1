// What an incident is about, taken from its words. Pure.
import type { NewPause } from "../core/wire.gen.js";

const KINDS: readonly NewPause["scope"][] = ["system", "creator", "feature", "agent", "model", "provider"];

/** `model demo/a` as kind and key; `system` has no key. */
export function scopeOf(text: string): Pick<NewPause, "scope" | "key"> | undefined {
  const at = text.indexOf(" ");
  const kind = KINDS.find((one) => one === (at < 0 ? text : text.slice(0, at)));
  return kind && { scope: kind, key: at < 0 ? "" : text.slice(at + 1) };
}

const CREATOR = /\b(creator )([0-9a-f]{8}-[0-9a-f-]{27})\b/g;

/** Ids of the creators that a text names. */
export function creatorsOf(text: string): string[] {
  return [...text.matchAll(CREATOR)].map(([, , id]) => id ?? "");
}

/** A text in which creators have the names that people call them. */
export function spoken(text: string, name: (id: string) => string): string {
  return text.replace(CREATOR, (_whole, word: string, id: string) => word + name(id));
}

const DEAREST = / The dearest request cost \$[\d.]+ \(call [0-9a-f-]{36}\)\.$/;

/** An explanation without the request behind it, where a line of its own names that. */
export const withoutRequest = (text: string): string => text.replace(DEAREST, "");

/** The request that made most of it, as far as the figures behind an incident name one. */
export interface Behind {
  costUsd: string;
  model: string;
  creator: string;
  feature: string;
}

export function behind(evidence: unknown): Behind | undefined {
  const { call } = (evidence ?? {}) as { call?: Record<string, unknown> };
  if (typeof call?.["costUsd"] !== "string") return undefined;
  const word = (name: string): string => (typeof call[name] === "string" ? call[name] : "");
  return { costUsd: call["costUsd"], model: word("model"), creator: word("creator") || word("creatorId"), feature: word("feature") };
}
