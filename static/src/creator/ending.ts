// How an answer outside a chat ended, unless well. Pure.
import { outcomeNotice, type Notice } from "../chat/words.js";
import type { ErrandState } from "../core/errand.js";
import { t } from "../core/i18n.js";
import type { TurnState } from "../core/turns.js";

/** `turn`: as far as there is something to say of it. What an end cost that nobody heard, only the server knows. */
export function ending({ unheard }: Pick<ErrandState, "unheard">, turn: TurnState): Notice[] {
  if (unheard && turn.phase === "cancelled") return [{ tone: "plain", text: t("creator.unheard"), deeds: [] }];
  if (unheard) return [{ tone: "bad", text: t("creator.lost"), deeds: ["again"] }];
  const end = outcomeNotice(turn);
  return end ? [{ ...end, deeds: end.deeds.filter((deed) => deed === "again") }] : [];
}
