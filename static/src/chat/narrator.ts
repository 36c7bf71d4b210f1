// Tells a screen reader the milestones of the answer in view: waited for, begun, still going, ended,
// its charge; and the whole answer, once, to those who asked for that.
import type { Client } from "../core/client.js";
import { locale, t } from "../core/i18n.js";
import { credits, plural } from "../core/money.js";
import type { Thread } from "../core/thread.js";
import { isLive, type TurnState } from "../core/turns.js";
import { outcomeNotice } from "./words.js";

const REMINDER_MS = 10_000;

/** Chosen on the device: whether whole answers are read out. */
const ALOUD = "announce-answers";

const isChosen = (value: unknown): value is boolean => typeof value === "boolean";

export class Narrator {
  private following: string | undefined;
  private hasText = false;
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
      if (running) this.began(running);
      return;
    }
    const turn = this.client.session.value.turns.get(this.following);
    if (turn && isLive(turn)) {
      if (!this.hasText && turn.firstTextAt !== undefined) this.started();
      return;
    }
    this.following = undefined;
    clearInterval(this.reminder);
    if (turn) this.ended(turn);
  }

  private began(turn: TurnState): void {
    this.following = turn.turnId;
    this.hasText = false;
    this.reminder = setInterval(
      () => this.client.announcer.say(t(this.hasText ? "say.writing" : "say.waiting")),
      REMINDER_MS,
    );
    if (turn.firstTextAt !== undefined) this.started();
  }

  private started(): void {
    this.hasText = true;
    this.client.announcer.say(t("say.started"));
  }

  private ended(turn: TurnState): void {
    const notice = outcomeNotice(turn);
    if (turn.phase === "completed") {
      const words = turn.text.split(/\s+/).filter(Boolean).length;
      const charge = turn.receipt ? t("say.charge", { credits: credits(turn.receipt.charged, locale()), count: plural(turn.receipt.charged) }) : "";
      this.client.announcer.say([t("say.done", { count: words, charge }).trim(), notice?.text].filter(Boolean).join(" "));
      if (this.client.shelf.read(ALOUD, isChosen)) this.client.announcer.say(turn.text, "log");
    } else if (notice) this.client.announcer.say(notice.text, turn.phase === "failed" ? "assertive" : "polite");
  }
}
