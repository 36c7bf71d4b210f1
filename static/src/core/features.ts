// What a turn was for, by the name that people know it by.
import { t, type Key } from "./i18n.js";

/** One that a newer server knows is called as it calls it. */
export function featureName(feature: string): string {
  const key = `feature.${feature}`;
  const found = t(key as Key);
  return found === key ? feature : found;
}
