// The messages of one conversation, in a box that scrolls and follows.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { Thread, ThreadState } from "../core/thread.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import "./empty.js";
import { Follow } from "./follow.js";
import { Message } from "./message.js";

/** A skeleton before this would only flicker. */
const PATIENCE_MS = 200;

export class ThreadView extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        position: relative;
        min-block-size: 0;
      }
      .box {
        block-size: 100%;
        overflow: hidden auto;
        overscroll-behavior: contain;
        scrollbar-gutter: stable both-edges;
        scrollbar-color: color-mix(in oklab, var(--text) 22%, transparent) transparent;
      }
      .box:focus-visible {
        outline-offset: -2px;
      }
      .column {
        max-inline-size: calc(var(--measure) + 48px);
        min-block-size: 100%;
        margin-inline: auto;
        padding: 28px 24px 24px;
      }
      .column.blank {
        display: grid;
        align-items: center;
      }
      causerie-message + causerie-message {
        margin-block-start: 28px;
      }
      .tail {
        min-block-size: calc(var(--room, 0px) * 0.66);
        margin-block-start: 28px;
      }
      .tail:first-child {
        margin-block-start: 0;
      }
      .tail > causerie-message:only-child {
        margin: 0;
      }
      .older {
        display: flex;
        justify-content: center;
        margin-block-end: 24px;
      }
      .new {
        position: absolute;
        inset-block-end: 12px;
        inset-inline: 0;
        inline-size: fit-content;
        margin-inline: auto;
        border-radius: 99px;
        box-shadow: var(--shadow);
      }
      .state {
        color: var(--muted);
        text-align: center;
      }
      .bones {
        display: grid;
        gap: 14px;
      }
      .bones i {
        block-size: 14px;
        border-radius: 7px;
        background: color-mix(in oklab, var(--text) 7%, transparent);
      }
      .bones i:nth-child(1) {
        justify-self: end;
        inline-size: 40%;
        block-size: 40px;
        margin-block-end: 14px;
        border-radius: var(--radius-large);
      }
      .bones i:nth-child(3) {
        inline-size: 92%;
      }
      .bones i:nth-child(4) {
        inline-size: 64%;
      }
      @media (max-width: 720px) {
        .column {
          padding: 20px 16px 16px;
        }
        .box {
          scrollbar-gutter: auto;
        }
      }
    `,
  ];

  @property({ attribute: false }) thread!: Thread;
  @query(".box") private box!: HTMLElement;
  @query(".column") private column!: HTMLElement;
  @state() private slow = false;
  /** Where the exchanges that this view has seen sent begin: from there on room is made. */
  @state() private sentFrom: number | undefined;
  private sent = 0;
  private patience: ReturnType<typeof setTimeout> | undefined;
  private readonly follow = new Follow(() => this.requestUpdate());
  private readonly threadState = new StoreController(this, (value: ThreadState) => value);

  override disconnectedCallback(): void {
    this.follow.detach();
    super.disconnectedCallback();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const state = this.thread.state.value;
    if (changed.has("thread")) {
      this.sent = state.sent;
      this.sentFrom = undefined;
      this.slow = false;
      clearTimeout(this.patience);
      this.patience = setTimeout(() => (this.slow = true), PATIENCE_MS);
    }
  }

  override updated(changed: PropertyValues<this>): void {
    this.follow.attach(this.box, this.column);
    this.box.style.setProperty("--room", `${this.box.clientHeight}px`);
    const { sent } = this.thread.state.value;
    if (sent !== this.sent) {
      this.sent = sent;
      this.sentFrom = sent;
      this.follow.toEnd();
    }
    if (changed.has("thread")) this.follow.toEnd();
  }

  override render(): TemplateResult {
    const state = this.threadState.follow(this.thread.state);
    if (!state) return html``;
    const blank = state.entries.length === 0;
    return html`
      <div class="box" tabindex="0" role="region" aria-label=${t("thread.label")}>
        <div class="column ${blank ? "blank" : ""}" @click=${this.pressed}>${blank ? this.blank(state) : this.messages(state)}</div>
      </div>
      ${!this.follow.on && !blank
        ? html`<button class="button small new" type="button" aria-label=${this.thread.running ? nothing : t("thread.end")}
            @click=${() => this.follow.toEnd()}>
            ${icon("down", 16)}${this.thread.running ? t("thread.newText") : nothing}
          </button>`
        : nothing}
    `;
  }

  /** What opens under the pointer should open there, unless text is arriving that is followed. */
  private pressed(): void {
    if (!this.thread.running) this.follow.release();
  }

  private blank(state: ThreadState): TemplateResult {
    switch (state.phase) {
      case "ready":
        return html`<causerie-empty></causerie-empty>`;
      case "loading":
        return this.slow
          ? html`<div class="bones" role="status" aria-label=${t("thread.loading")}><i></i><i></i><i></i><i></i></div>`
          : html``;
      case "missing":
        return html`<p class="state">${t("thread.missing")}</p>`;
      case "failed":
        return html`<div class="state">
          <p>${t("thread.failed")}</p>
          <p><button class="button" type="button" @click=${() => void this.thread.load()}>${t("retry")}</button></p>
        </div>`;
    }
  }

  private messages(state: ThreadState): TemplateResult {
    const { entries } = state;
    // The newest exchange stands in a box of its own: after sending, it takes two thirds of the
    // window, so that the question is at the top and the answer grows into free space.
    let cut = entries.length;
    if (this.sentFrom !== undefined || state.sent !== this.sent) {
      cut = entries.findLastIndex((entry) => entry.role === "user");
    }
    const rows = (from: number, to: number): unknown =>
      repeat(
        entries.slice(from, to),
        (entry) => entry.key,
        (entry, index) => html`<causerie-message .entry=${entry} .thread=${this.thread}
          ?last=${from + index === entries.length - 1}></causerie-message>`,
      );
    return html`
      ${state.cursor
        ? html`<div class="older">
            <button class="button small" type="button" @click=${this.older}>${t("thread.older")}</button>
          </div>`
        : nothing}
      ${rows(0, cut)}
      ${cut < entries.length ? html`<div class="tail">${rows(cut, entries.length)}</div>` : nothing}
    `;
  }

  private readonly older = (): Promise<void> =>
    this.follow.holding(async () => {
      await this.thread.older();
      await this.updateComplete;
      await Promise.all([...this.renderRoot.querySelectorAll<Message>("causerie-message")].map((one) => one.updateComplete));
    });

  /** The last code block of the conversation, for the shortcut. */
  get lastCode(): string | undefined {
    const messages = [...this.renderRoot.querySelectorAll<Message>("causerie-message")];
    for (const message of messages.toReversed()) if (message.lastCode !== undefined) return message.lastCode;
    return undefined;
  }
}

define("causerie-thread", ThreadView);
