// So much of the month's quota is used: stands over the page until somebody has seen it.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import notices from "../../locales/en.notices.json";
import { extend, t } from "../core/i18n.js";
import type { Note } from "../core/resources.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { wordsOf } from "./notice-words.js";

extend(notices);

export type ThresholdNote = Extract<Note, { event: "quota.threshold" }>;

/** The newest mark of a month that still lasts. */
export function newest(notes: readonly ThresholdNote[], now: number): ThresholdNote | undefined {
  return notes.find(({ data }) => Date.parse(data.quota.resetsAt) > now);
}

export class Threshold extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        position: fixed;
        inset-block-start: calc(var(--header) + 8px);
        inset-inline-end: 16px;
        z-index: 9;
        max-inline-size: min(400px, calc(100vw - 32px));
      }
      section {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        gap: 4px 10px;
        align-items: start;
        padding: 12px 8px 12px 16px;
        border: 1px solid var(--warn);
        border-radius: var(--radius);
        background: var(--surface);
        box-shadow: var(--shadow);
        font-size: 14px;
        font-variant-numeric: tabular-nums;
      }
      section.critical {
        border-color: var(--bad);
      }
      .sign {
        margin-block-start: 1px;
        color: var(--warn);
      }
      .critical .sign {
        color: var(--bad);
      }
      strong {
        font-weight: 600;
      }
      .more {
        display: inline-block;
        margin-block-start: 6px;
      }
    `,
  ];

  /** Unread ones, newest first. */
  @property({ attribute: false }) notes: readonly ThresholdNote[] = [];

  override updated(changed: PropertyValues): void {
    const note = newest(this.notes, Date.now());
    if (!changed.has("notes") || !note) return;
    const { title, text } = wordsOf(note);
    this.client.announcer.say(`${title}. ${text}`, note.data.percent < 100 ? "polite" : "assertive");
  }

  override render(): TemplateResult | typeof nothing {
    const note = newest(this.notes, Date.now());
    if (!note) return nothing;
    const { title, text } = wordsOf(note);
    return html`<section class=${note.data.percent < 100 ? "" : "critical"} aria-label=${title}>
      <span class="sign">${icon("alert")}</span>
      <div><strong>${title}</strong><p>${text}</p><a class="more" href="/notifications">${t("notices.see")}</a></div>
      <button class="quiet" type="button" aria-label=${t("notices.dismiss")} @click=${this.dismiss}>${icon("close", 16)}</button>
    </section>`;
  }

  /** Seen here is seen everywhere, and does not come back. */
  private async dismiss(): Promise<void> {
    const seen = this.notes;
    this.notes = [];
    await Promise.all(seen.map(({ id }) => this.client.api.post(`/api/notifications/${id}/read`).catch(() => undefined)));
    await this.client.readNotices();
  }
}

define("causerie-threshold", Threshold);
