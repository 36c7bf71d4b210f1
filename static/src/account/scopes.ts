// What a key can be narrowed to, with a sentence for each.
import { t } from "../core/i18n.js";

interface Scope {
  id: string;
  /** Only admins' keys can have it. */
  admin?: boolean;
}

const SCOPES: readonly Scope[] = [
  { id: "read" },
  { id: "turns" },
  { id: "write" },
  { id: "tickets:write" },
  { id: "admin:read", admin: true },
  { id: "plans:write", admin: true },
  { id: "integrations:write", admin: true },
];

export const scopesFor = (admin: boolean): readonly string[] =>
  SCOPES.filter((scope) => admin || !scope.admin).map(({ id }) => id);

const WORDS: Readonly<Record<string, () => string>> = {
  read: () => t("scope.read"),
  turns: () => t("scope.turns"),
  write: () => t("scope.write"),
  "tickets:write": () => t("scope.tickets"),
  "admin:read": () => t("scope.adminRead"),
  "plans:write": () => t("scope.plans"),
  "integrations:write": () => t("scope.integrations"),
};

export const explain = (scope: string): string => WORDS[scope]?.() ?? "";
