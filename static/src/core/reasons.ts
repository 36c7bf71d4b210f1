// Codes of errors and of decisions, in a user's words.
import { t, type Key } from "./i18n.js";

/** An error code in a user's words; one that this page does not know speaks for itself. */
export function reason(code: string, message: string): string {
  const key = `error.${code}` as Key;
  const text = t(key, { message });
  return text === key ? message : text;
}

/** Why an agent is asked. A decision without a code that this page knows speaks for itself. */
export function whyAsked(why: string, code: string, words: readonly string[]): string {
  const key = `why.${code}` as Key;
  const text = t(key, { words: words.map((word) => t("why.quoted", { word })).join(", ") });
  return text === key ? why : text;
}
