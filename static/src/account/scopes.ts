// What a key can be narrowed to, with a sentence for each.
import { t } from "../core/i18n.js";
import type { CreateKey } from "../core/wire.gen.js";

export type Scope = NonNullable<CreateKey["scopes"]>[number];

/** In the order in which they are offered; those of `admin` only admins' keys can have. */
const SCOPES: Readonly<Record<Scope, { words: () => string; admin?: boolean }>> = {
  read: { words: () => t("scope.read") },
  turns: { words: () => t("scope.turns") },
  write: { words: () => t("scope.write") },
  "tickets:write": { words: () => t("scope.tickets") },
  "admin:read": { words: () => t("scope.adminRead"), admin: true },
  "plans:write": { words: () => t("scope.plans"), admin: true },
  "credits:write": { words: () => t("scope.credits"), admin: true },
  "integrations:write": { words: () => t("scope.integrations"), admin: true },
};

export const scopesFor = (admin: boolean): Scope[] =>
  (Object.keys(SCOPES) as Scope[]).filter((scope) => admin || !SCOPES[scope].admin);

export const explain = (scope: Scope): string => SCOPES[scope].words();
