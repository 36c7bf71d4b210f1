// Tells a screen reader the milestones of the answer in view: begun, still going, ended, its charge.
import type { Client } from "../core/client.js";
import { locale, t } from "../core/i18n.js";
import { credits } from "../core/money.js";
import type { Thread } from "../core/thread.js";
import { isLive, type TurnState } from "../core/turns.js";
import { outcomeNotice } from "./words.js";

const REMINDER_MS = 10_000;

export class Narrator {
  private following: string | undefined;
  private reminder: ReturnType<typeof setInterval> | undefined;
  readonly stop: () => void;

  constructor(
    private readonly client: Client,
    private readonly thread: () => Thread | undefined,
  ) {
    const unsubscribe = client.session.subscribe(() => this.look());
    this.stop = () => {
      unsubscribe();
      clearInterval(this.reminder);
    };
  }

  private look(): void {
    if (!this.following) {
      const running = this.thread()?.running;
      if (running?.firstTextAt !== undefined) this.began(running);
      return;
    }
    const turn = this.client.session.value.turns.get(this.following);
    if (turn && isLive(turn)) return;
    this.following = undefined;
    clearInterval(this.reminder);
    if (turn) this.ended(turn);
  }

  private began(turn: TurnState): void {
    this.following = turn.turnId;
    this.client.announcer.say(t("say.started"));
    this.reminder = setInterval(() => this.client.announcer.say(t("say.writing")), REMINDER_MS);
  }

  private ended(turn: TurnState): void {
    const notice = outcomeNotice(turn);
    if (turn.phase === "completed") {
      const words = turn.text.split(/\s+/).filter(Boolean).length;
      const charge = turn.receipt ? t("say.charge", { credits: credits(turn.receipt.charged, locale()) }) : "";
      this.client.announcer.say(t("say.done", { count: words, charge }));
    } else if (notice) this.client.announcer.say(notice.text, turn.phase === "failed" ? "assertive" : "polite");
  }
}
