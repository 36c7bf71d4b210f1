// In place of an answer that a tool was refused: why, and what to do. What only came too early is
// asked again by itself.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import "../chat/notice.js";
import { countdown, turnedDown, type Notice } from "../chat/words.js";
import type { Problem } from "../core/api.js";
import { t } from "../core/i18n.js";
import { Countdown } from "../ui/countdown.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";

/** What somebody can look up or raise. */
const SHORT = new Set(["insufficient_credits", "quota_exceeded"]);

export class Refused extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      p {
        margin-block-start: 8px;
      }
    `,
  ];

  @property({ attribute: false }) problem!: Problem;
  /** When it is asked again (ms since the epoch); undefined: it is not. */
  @property({ attribute: false }) due: number | undefined;
  private readonly countdown = new Countdown(this, () => this.tell("deed", "again"));

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("due")) this.countdown.until(this.due);
  }

  override render(): TemplateResult {
    const told = turnedDown(this.problem);
    const { left } = this.countdown;
    const notice: Notice = left === undefined
      ? told
      : { tone: "warn", text: `${told.text} ${countdown(left)}`, deeds: ["cancel", "edit"] };
    return html`<causerie-notice .notice=${notice}></causerie-notice>
      ${SHORT.has(this.problem.code) && !this.client.embedded ? html`<p><a class="button small" href="/usage">${t("notice.plans")}</a></p>` : nothing}`;
  }
}

define("causerie-refused", Refused);
