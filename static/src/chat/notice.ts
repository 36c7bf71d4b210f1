// A line in the message it concerns: what happened, what it cost, what to do.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { base, buttons, CauserieElement, define } from "../ui/element.js";
import { icon, type IconName } from "../ui/icon.js";
import type { Deed, Notice as NoticeValue, Tone } from "./words.js";

const ICONS: Record<Tone, IconName> = { bad: "alert", warn: "alert", info: "info", plain: "stop" };

export class Notice extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      .notice {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 12px;
        padding: 8px 10px 8px 12px;
        border-inline-start: 3px solid var(--tone);
        border-radius: 0 var(--radius-small) var(--radius-small) 0;
        background: var(--ground);
        font-size: 14px;
      }
      .notice:dir(rtl) {
        border-radius: var(--radius-small) 0 0 var(--radius-small);
      }
      .words {
        flex: 1 1 16rem;
        display: flex;
        gap: 8px;
        min-inline-size: 0;
      }
      .words svg {
        margin-block-start: 1px;
        color: var(--tone);
      }
      .bad {
        --tone: var(--bad);
        --ground: var(--bad-soft);
      }
      .warn {
        --tone: var(--warn);
        --ground: var(--warn-soft);
      }
      .info {
        --tone: var(--info);
        --ground: var(--info-soft);
      }
      .plain {
        --tone: var(--control);
        --ground: var(--sunken);
      }
      .deeds {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
    `,
  ];

  @property({ attribute: false }) notice: NoticeValue | undefined;

  override render(): TemplateResult {
    const { notice } = this;
    if (!notice) return html``;
    return html`<div class="notice ${notice.tone}">
      <div class="words">${icon(ICONS[notice.tone], 18)}<span>${notice.text}</span></div>
      ${notice.deeds.length
        ? html`<div class="deeds">${notice.deeds.map((deed) => this.button(deed))}</div>`
        : nothing}
    </div>`;
  }

  private button(deed: Deed): TemplateResult {
    if (deed === "plans") return html`<a class="button small" href="/usage">${t("notice.plans")}</a>`;
    const words = {
      again: t("notice.again"),
      other: t("notice.other"),
      continue: t("notice.continue"),
      edit: t("notice.edit"),
      cancel: t("cancel"),
    }[deed];
    return html`<button class="button small" type="button" @click=${() => this.tell("deed", deed)}>${words}</button>`;
  }
}

define("causerie-notice", Notice);
