// In place of an answer that a tool was refused: why, and what to do. What only came too early is
// asked again by itself.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import "../chat/notice.js";
import { turnedDown, type Deed, type Notice } from "../chat/words.js";
import type { Problem } from "../core/api.js";
import { t } from "../core/i18n.js";
import { dueAt } from "../core/patience.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";

/** What somebody can look up or raise. */
const SHORT = new Set(["insufficient_credits", "quota_exceeded"]);

export class Refused extends ClientElement {
  static override styles = [base, buttons];

  @property({ attribute: false }) problem!: Problem;
  /** Seconds until it is asked again; undefined: it is not. */
  @state() private left: number | undefined;
  private due = 0;
  private tick: ReturnType<typeof setInterval> | undefined;

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("problem")) return;
    this.halt();
    const due = dueAt(this.problem, Date.now());
    if (due === undefined) return;
    this.due = due;
    this.left = Math.ceil((due - Date.now()) / 1000);
    this.tick = setInterval(() => this.count(), 250);
  }

  override disconnectedCallback(): void {
    this.halt();
    super.disconnectedCallback();
  }

  private halt(): void {
    clearInterval(this.tick);
    this.tick = this.left = undefined;
  }

  private count(): void {
    this.left = Math.max(0, Math.ceil((this.due - Date.now()) / 1000));
    if (this.left > 0) return;
    this.halt();
    this.tell("deed", "again");
  }

  override render(): TemplateResult {
    const told = turnedDown(this.problem);
    const notice: Notice = this.left === undefined
      ? told
      : { tone: "warn", text: `${told.text} ${t("notice.countdown", { count: this.left })}`, deeds: ["cancel", "edit"] };
    return html`<causerie-notice .notice=${notice} @causerie-deed=${this.heard}></causerie-notice>
      ${SHORT.has(this.problem.code) && !this.client.embedded ? html`<p><a class="button small" href="/usage">${t("notice.plans")}</a></p>` : nothing}`;
  }

  private heard(event: CustomEvent<Deed>): void {
    if (event.detail === "cancel") event.stopPropagation();
    this.halt();
  }
}

define("causerie-refused", Refused);
