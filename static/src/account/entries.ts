// What a movement of credits was, in words. Pure.
import type { Key } from "../core/i18n.js";

export const KINDS = ["capture", "purchase", "grant", "refund", "adjustment"] as const;
export type EntryKind = (typeof KINDS)[number];

export const isKind = (text: string): text is EntryKind => KINDS.includes(text as EntryKind);

/** The name of a kind; one of a newer server speaks for itself. */
export const kindKey = (kind: string): Key | undefined => (isKind(kind) ? `ledger.${kind}` : undefined);

/** Credits that came, and not those that left. */
export const came = (credits: string): boolean => !credits.startsWith("-");
