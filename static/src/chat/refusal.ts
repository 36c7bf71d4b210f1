// Under a message that was turned down: why, and what to do. One that only came too early waits
// here and sends itself.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import type { Entry } from "../core/entries.js";
import { locale, t } from "../core/i18n.js";
import { count } from "../core/money.js";
import type { Thread } from "../core/thread.js";
import { Countdown } from "../ui/countdown.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { MoneyFirst, short } from "./amounts.js";
import "./notice.js";
import type { Offers } from "./offers.js";
import { countdown, refusal, type Deed, type Notice } from "./words.js";

/** What somebody can do about with less. */
const SHORT = new Set(["insufficient_credits", "quota_exceeded"]);

export class Refusal extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      .offers {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        margin-block-start: 8px;
      }
    `,
  ];

  @property({ attribute: false }) entry!: Entry;
  @property({ attribute: false }) thread!: Thread;
  @state() private offers: Offers | undefined;
  private readonly money = new MoneyFirst(this);
  private readonly countdown = new Countdown(this, () => this.thread.sending.again(this.entry));
  private asked: unknown;

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("entry")) return;
    const { due, problem } = this.entry;
    this.countdown.until(due);
    if (problem && problem !== this.asked && SHORT.has(problem.code)) {
      this.asked = problem;
      this.offers = undefined;
      void this.look();
    }
  }

  private async look(): Promise<void> {
    try {
      const { offersFor } = await import("./offers.js");
      this.offers = await offersFor(this.client, this.thread, this.entry);
    } catch {
      // What is short is said anyway.
    }
  }

  override render(): TemplateResult {
    const { problem } = this.entry;
    if (!problem) return html``;
    const { left } = this.countdown;
    const counting = left !== undefined;
    const words = [t("notice.notSent"), refusal(problem)];
    if (counting) words.push(countdown(left));
    const deeds: Deed[] = counting ? ["cancel", "edit"] : ["again", "edit"];
    const notice: Notice = { tone: counting ? "warn" : "bad", text: words.join(" "), deeds };
    return html`<causerie-notice .notice=${notice} @causerie-deed=${this.heard}></causerie-notice>
      ${SHORT.has(problem.code) ? this.offered() : nothing}`;
  }

  private offered(): TemplateResult {
    const { cheaper, shorter } = this.offers ?? {};
    const money = this.money.value;
    return html`<div class="offers">
      ${cheaper
        ? html`<button class="button small" type="button" @click=${() => this.with({ model: cheaper.model.id })}>
            ${t("notice.cheaper", { model: cheaper.model.title, likely: short(cheaper.likely, money) })}</button>`
        : nothing}
      ${shorter
        ? html`<button class="button small" type="button" @click=${() => this.shorten(shorter.tokens)}>
            ${t("notice.shorter", { tokens: count(shorter.tokens, locale()), most: short(shorter.atMost, money) })}</button>`
        : nothing}
      ${this.client.embedded ? nothing : html`<a class="button small" href="/usage">${t("notice.plans")}</a>`}
    </div>`;
  }

  private with(changes: Parameters<Thread["sending"]["choose"]>[0]): void {
    this.tell("compose");
    this.thread.sending.choose(changes);
    this.thread.sending.again(this.entry);
  }

  private shorten(tokens: number): void {
    this.tell("compose");
    this.thread.sending.adjust("maxOutputTokens", tokens);
    this.thread.sending.again(this.entry);
  }

  private heard(event: CustomEvent<Deed>): void {
    if (event.detail !== "cancel") return;
    event.stopPropagation();
    this.thread.sending.hold(this.entry);
  }
}

define("causerie-refusal", Refusal);
