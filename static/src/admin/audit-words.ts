// What the audit log says, in words: deeds, what they were done to, fields and their values. Pure.
import { locale, t, type Key } from "../core/i18n.js";
import type { AuditEntryView } from "../core/wire.gen.js";
import { utcDate } from "./moments.js";

/** Every deed that is written down, in the order in which a list offers them. */
export const ACTIONS = [
  "user.create",
  "user.name",
  "user.role",
  "user.plan",
  "user.subscription",
  "user.suspend",
  "user.resume",
  "user.link",
  "user.sign-out",
  "user.delete",
  "key.create",
  "key.rotate",
  "key.revoke",
  "credits.grant",
  "credits.purchase",
  "turn.refund",
  "month.close",
  "price.set",
  "price.delete",
  "price.reprice",
  "pack.create",
  "pack.update",
  "pack.delete",
  "alerts.rules",
  "alert.acknowledge",
  "pause.begin",
  "pause.lift",
  "workspace.role",
  "workspace.remove",
  "workspace.pays",
  "workspace.delete",
] as const;

/** The text of a key that is put together; undefined: this page has no word for it. */
function worded(key: string): string | undefined {
  const text = t(key as Key);
  return text === key ? undefined : text;
}

/** A newer server may write down deeds that this page does not know: they speak for themselves. */
export const actionWords = (action: string): string => worded(`audit.action.${action}`) ?? action;

export const kindWords = (kind: string): string => worded(`audit.kind.${kind}`) ?? kind;

export const fieldWords = (name: string): string => worded(`audit.field.${name}`) ?? name;

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

/** A value as people read it: moments in UTC, yes and no, lists with commas, "none" for nothing. */
export function valueWords(value: unknown): string {
  if (value === null || value === "") return t("audit.nothing");
  if (typeof value === "boolean") return t(value ? "audit.yes" : "audit.no");
  if (typeof value === "number") return new Intl.NumberFormat(locale()).format(value);
  if (Array.isArray(value)) return value.length ? value.map(valueWords).join(", ") : t("audit.nothing");
  if (typeof value !== "string") return JSON.stringify(value);
  return MOMENT.test(value) ? t("audit.at", { at: utcDate(value, locale()) }) : value;
}

/** What somebody would call it: people by their id, which becomes a name elsewhere. Empty: there is only one. */
export function nameOf({ targetKind, targetId, before, after }: Pick<AuditEntryView, "targetKind" | "targetId" | "before" | "after">): string {
  const known = (name: string): string => {
    const value = after?.[name] ?? before?.[name];
    return typeof value === "string" ? value : "";
  };
  switch (targetKind) {
    case "rules":
      return "";
    case "pause":
      return [known("scope"), known("key")].filter(Boolean).join(" ") || targetId;
    case "pack":
      return known("name") || targetId;
    default:
      return targetId;
  }
}

/** Where there is more about what an entry is about; undefined: no page shows it, or it is gone. */
export function placeOf({ action, targetKind, targetId }: Pick<AuditEntryView, "action" | "targetKind" | "targetId">): string | undefined {
  if (action.endsWith(".delete")) return undefined;
  switch (targetKind) {
    case "user":
      return `/admin/users/${targetId}`;
    case "alert":
      return `/admin/alerts?id=${targetId}`;
    case "pause":
      return "/admin/alerts?view=pauses";
    case "rules":
      return "/admin/alerts?view=rules";
    case "price":
    case "pack":
      return "/admin/prices";
    default:
      return undefined;
  }
}
