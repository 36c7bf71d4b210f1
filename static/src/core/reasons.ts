// The codes of the one error table, in a user's words.
import { t, type Key } from "./i18n.js";

/** An error code in a user's words; one that this page does not know speaks for itself. */
export function reason(code: string, message: string): string {
  const key = `error.${code}` as Key;
  const text = t(key, { message });
  return text === key ? message : text;
}
