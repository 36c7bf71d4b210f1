// Under a message that was turned down: why, and what to do. One that only came too early waits
// here and sends itself.
import { html, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import type { Problem } from "../core/api.js";
import { t } from "../core/i18n.js";
import { base, CauserieElement, define } from "../ui/element.js";
import "./notice.js";
import { refusal, type Notice } from "./words.js";

/** Codes that time alone heals, so that the page may wait for it. */
const HEALS = new Set(["rate_limited", "provider_rate_limited"]);

export class Refusal extends CauserieElement {
  static override styles = [base];

  @property({ attribute: false }) problem!: Problem;
  @state() private left: number | undefined;
  private due = 0;
  private tick: ReturnType<typeof setInterval> | undefined;

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("problem")) return;
    this.halt();
    const after = this.problem.retryAfter;
    if (after === undefined || !HEALS.has(this.problem.code)) return;
    this.due = Date.now() + after * 1000;
    this.left = Math.ceil(after);
    this.tick = setInterval(() => this.count(), 250);
  }

  override disconnectedCallback(): void {
    this.halt();
    super.disconnectedCallback();
  }

  private halt(): void {
    clearInterval(this.tick);
    this.tick = undefined;
    this.left = undefined;
  }

  private count(): void {
    this.left = Math.max(0, Math.ceil((this.due - Date.now()) / 1000));
    if (this.left > 0) return;
    this.halt();
    this.tell("deed", "again");
  }

  override render(): TemplateResult {
    const counting = this.left !== undefined;
    const words = [t("notice.notSent"), refusal(this.problem)];
    if (this.left !== undefined) words.push(t("notice.countdown", { count: this.left }));
    const notice: Notice = {
      tone: counting ? "warn" : "bad",
      text: words.join(" "),
      deeds: counting ? ["cancel", "edit"] : ["again", "edit"],
    };
    return html`<causerie-notice .notice=${notice} @causerie-deed=${this.heard}></causerie-notice>`;
  }

  private heard(event: CustomEvent<string>): void {
    if (event.detail !== "cancel") return;
    event.stopPropagation();
    this.halt();
  }
}

define("causerie-refusal", Refusal);
