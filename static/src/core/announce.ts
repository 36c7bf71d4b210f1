// What a screen reader is told. Streaming text is never live; its milestones are.

/** `log`: whole answers, for those who asked to have them read out. */
export type Politeness = "polite" | "assertive" | "log";

/** Said by `causerie-announcer`, which stands once in the page. */
export class Announcer extends EventTarget {
  say(text: string, politeness: Politeness = "polite"): void {
    this.dispatchEvent(new CustomEvent("say", { detail: { text, politeness } }));
  }
}
