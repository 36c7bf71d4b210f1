// Models, features and agents by the names that people know them by.
import { agentName } from "../core/agents.js";
import { featureName } from "../core/features.js";
import { t } from "../core/i18n.js";
import type { ModelInfo } from "../core/resources.js";
import { OTHER, type By } from "./buckets.js";

export function nameOf(by: By, key: string, models: readonly ModelInfo[], others = 0): string {
  if (key === OTHER) return t("usage.other", { count: others });
  if (by === "model") return models.find(({ id }) => id === key)?.name ?? key.slice(key.indexOf("/") + 1);
  if (by === "agent") return agentName(key);
  return featureName(key);
}
