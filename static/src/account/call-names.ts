// Models, features and agents by the names that people know them by.
import { t, type Key } from "../core/i18n.js";
import type { ModelInfo } from "../core/resources.js";
import { OTHER, type By } from "./buckets.js";

export function nameOf(by: By, key: string, models: readonly ModelInfo[], others = 0): string {
  if (key === OTHER) return t("usage.other", { count: others });
  if (by === "model") return models.find(({ id }) => id === key)?.name ?? key.slice(key.indexOf("/") + 1);
  const text = by === "feature" ? `usage.feature.${key}` : `usage.agent.${key}`;
  const found = t(text as Key);
  // An agent of somebody's own, or a feature of a newer server.
  return found === text ? key : found;
}
