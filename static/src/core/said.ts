// What a failed request says to a person: mostly the server's own words.
import { Problem } from "./api.js";
import { t } from "./i18n.js";

export function said(error: unknown): string {
  if (!(error instanceof Problem) || error.code === "internal") return t("error.internal");
  return error.code === "network" ? t("error.network") : error.message;
}
