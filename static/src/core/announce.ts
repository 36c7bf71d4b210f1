// What a screen reader is told. Streaming text is never live; its milestones are.

export type Politeness = "polite" | "assertive";

/** Said by `causerie-announcer`, which stands once in the page. */
export class Announcer extends EventTarget {
  say(text: string, politeness: Politeness = "polite"): void {
    this.dispatchEvent(new CustomEvent("say", { detail: { text, politeness } }));
  }
}
