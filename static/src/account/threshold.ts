// So much of the month's quota is used: stands above the page, which makes room for it, until somebody
// has seen it. Where it arrives over a page that somebody reads, it floats, so that nothing moves.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

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
        position: sticky;
        inset-block-start: 0;
        z-index: 9;
      }
      :host([over]) {
        position: fixed;
        inset-block-start: 4px;
        inset-inline-end: 12px;
        max-inline-size: min(480px, calc(100% - 24px));
      }
      :host([over][low]) {
        inset-block-start: calc(var(--header) + 8px);
      }
      :host([over]) section {
        border: 1px solid var(--warn);
        border-radius: var(--radius);
        box-shadow: var(--shadow);
      }
      :host([over]) section.critical {
        border-color: var(--bad);
      }
      section {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto auto;
        gap: 4px 10px;
        align-items: center;
        padding: 6px 12px 6px 16px;
        border-block-end: 1px solid var(--warn);
        background: var(--warn-soft);
        font-size: 14px;
        font-variant-numeric: tabular-nums;
      }
      section.critical {
        border-color: var(--bad);
        background: var(--bad-soft);
      }
      .words {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 10px;
        grid-column-end: span 2;
      }
      .fold {
        display: none;
      }
      .fold svg {
        transition: rotate var(--state);
      }
      .fold[aria-expanded="true"] svg {
        rotate: 180deg;
      }
      :host([over]) .fold {
        display: inline-flex;
      }
      :host([over]) .words {
        grid-column-end: auto;
      }
      :host([over]) .folded .rest {
        display: none;
      }
      @media (max-width: 900px) {
        :host([over]) {
          inset-block-start: calc(var(--header) + 8px);
        }
      }
      @media (max-width: 720px) {
        section {
          padding-inline: 12px 4px;
          column-gap: 6px;
        }
        .words {
          grid-column-end: auto;
        }
        .fold {
          display: inline-flex;
        }
        .folded .rest {
          display: none;
        }
      }
      .sign {
        color: var(--warn);
      }
      .critical .sign {
        color: var(--bad);
      }
      strong {
        font-weight: 600;
      }
      a {
        color: inherit;
        font-weight: 500;
      }
    `,
  ];

  /** Unread ones, newest first. */
  @property({ attribute: false }) notes: readonly ThresholdNote[] = [];
  /** It came while somebody was on the page: it floats until they go to another one. */
  @property({ type: Boolean, reflect: true }) over = false;
  /** It floats below a header that has controls of its own. */
  @property({ type: Boolean, reflect: true }) low = false;
  /** On a phone, and where it floats, one line says it, until somebody wants to know more. */
  @state() private unfolded = false;

  private readonly room = new ResizeObserver(() => this.claim());

  override connectedCallback(): void {
    super.connectedCallback();
    this.room.observe(this);
  }

  override disconnectedCallback(): void {
    this.room.disconnect();
    document.documentElement.style.removeProperty("--banner");
    super.disconnectedCallback();
  }

  /** What is as high as the window, or sticks to its edge, leaves out the height of this. */
  private claim(): void {
    document.documentElement.style.setProperty("--banner", `${this.over ? 0 : this.offsetHeight}px`);
  }

  override updated(changed: PropertyValues): void {
    const note = newest(this.notes, Date.now());
    if (changed.has("over")) this.claim();
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
      <div class="words ${this.unfolded ? "" : "folded"}"><strong>${title}</strong>
        <span class="rest">${text}</span><a class="rest" href="/usage">${t("notices.usage")}</a></div>
      <button class="quiet fold" type="button" aria-expanded=${String(this.unfolded)} aria-label=${t("notices.details")}
        @click=${() => (this.unfolded = !this.unfolded)}>${icon("chevron", 16)}</button>
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
