// Languages that agents can be told to answer in, by their names in the reader's own.
import { locale } from "../core/i18n.js";
import type { Choice } from "../ui/select.js";

/** As the server knows them: it refuses another one by name. */
const CODES = "ar bg cs da de el en es fi fr he hi hr hu id it ja ko nl no pl pt ro ru sv th tr uk vi zh".split(" ");

export function languageName(code: string): string {
  return new Intl.DisplayNames(locale(), { type: "language" }).of(code) ?? code;
}

export function languageChoices(): Choice[] {
  const choices = CODES.map((id) => ({ id, label: languageName(id) }));
  return choices.toSorted((a, b) => a.label.localeCompare(b.label, locale()));
}
