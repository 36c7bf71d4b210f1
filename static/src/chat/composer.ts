// Where one writes. Never disabled: what cannot be sent now waits, and what was typed is kept.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { isComposing } from "../core/keys.js";
import { count } from "../core/money.js";
import type { SessionState } from "../core/session.js";
import { StoreController } from "../core/store.js";
import type { Thread, ThreadState } from "../core/thread.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import "./waiting.js";

/** A draft is on disk this long after the last key at the latest. */
const SAVE_MS = 300;
/** The server's limit until the session has told its own. */
const TEXT_MAX = 32_000;

export class Composer extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        padding-block-end: calc(12px + env(safe-area-inset-bottom));
      }
      .box {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 4px;
        padding: 10px 10px 10px 16px;
        border: 1px solid var(--control);
        border-radius: var(--radius-large);
        background: var(--surface);
        transition: border-color var(--state);
      }
      .box:focus-within {
        border-color: var(--accent);
        box-shadow: 0 0 0 1px var(--accent);
      }
      textarea {
        inline-size: 100%;
        min-block-size: 28px;
        max-block-size: 40vh;
        max-block-size: 40dvh;
        padding: 2px 0;
        border: 0;
        background: none;
        font-size: 16px;
        line-height: 1.5;
        resize: none;
        field-sizing: content;
      }
      textarea:focus-visible {
        outline: none;
      }
      textarea::placeholder {
        color: var(--muted);
        opacity: 1;
      }
      .foot {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .note {
        flex: 1;
        min-inline-size: 0;
        font-size: 12px;
        color: var(--muted);
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .note.bad {
        color: var(--bad);
        white-space: normal;
      }
      .stop,
      .send {
        min-inline-size: 88px;
      }
      .send[aria-disabled="true"] {
        background: var(--accent-soft);
        color: var(--accent);
        cursor: default;
      }
      @media (max-width: 720px) {
        .note:not(.bad) {
          visibility: hidden;
        }
      }
    `,
  ];

  @property({ attribute: false }) thread!: Thread;
  @state() private text = "";
  @query("textarea") private area!: HTMLTextAreaElement;
  private saving: ReturnType<typeof setTimeout> | undefined;
  private composing = false;
  private readonly threadState = new StoreController(this, (value: ThreadState) => value);
  private readonly running = new StoreController(this, (_state: SessionState) => {
    const turn = this.thread?.running;
    return turn && `${turn.turnId} ${turn.phase}`;
  });

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("pagehide", this.save);
  }

  override disconnectedCallback(): void {
    this.save();
    removeEventListener("pagehide", this.save);
    super.disconnectedCallback();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("thread")) return;
    const before = changed.get("thread");
    if (before && this.saving !== undefined) this.client.drafts.write(before.name, this.text);
    clearTimeout(this.saving);
    this.saving = undefined;
    this.text = this.client.drafts.read(this.thread.name);
  }

  override updated(changed: PropertyValues<this>): void {
    if (this.area.value !== this.text) this.area.value = this.text;
    this.fit();
    if (changed.has("thread") && !matchMedia("(pointer: coarse)").matches) this.area.focus();
  }

  override focus(): void {
    this.area.focus();
  }

  /** Puts text where the caret can change it. */
  put(text: string): void {
    this.type(text);
    void this.updateComplete.then(() => {
      this.area.focus();
      this.area.setSelectionRange(text.length, text.length);
    });
  }

  /** Browsers without `field-sizing` are measured for. */
  private fit(): void {
    if (CSS.supports("field-sizing", "content")) return;
    this.area.style.setProperty("height", "auto");
    this.area.style.setProperty("height", `${this.area.scrollHeight}px`);
  }

  private type(text: string): void {
    this.text = text;
    clearTimeout(this.saving);
    this.saving = setTimeout(this.save, SAVE_MS);
  }

  private readonly save = (): void => {
    if (this.saving === undefined) return;
    clearTimeout(this.saving);
    this.saving = undefined;
    this.client.drafts.write(this.thread.name, this.text);
  };

  private get limit(): number {
    return this.client.session.value.limits?.textCharacters ?? TEXT_MAX;
  }

  override render(): TemplateResult {
    const state = this.threadState.follow(this.thread.state);
    this.running.follow(this.client.session);
    const turn = this.thread.running;
    const { busy } = this.thread;
    const over = [...this.text].length - this.limit;
    return html`<form class="box" @submit=${this.submitted} @keydown=${this.key}>
      ${state?.queue.items.length
        ? html`<causerie-waiting .thread=${this.thread} .queue=${state.queue}
            @causerie-edit=${(event: CustomEvent<string>) => this.put(event.detail)}></causerie-waiting>`
        : nothing}
      <textarea rows="1" dir="auto" aria-label=${t("composer.label")} enterkeyhint="enter"
        placeholder=${busy ? t("composer.queueing") : t("composer.placeholder")}
        @input=${() => this.type(this.area.value)} @compositionstart=${() => (this.composing = true)}
        @compositionend=${() => (this.composing = false)}></textarea>
      <div class="foot">
        ${this.note(over)}
        ${turn
          ? html`<button class="button stop" type="button" ?disabled=${turn.phase === "stopping"} @click=${this.halt}>
              ${turn.phase === "stopping" ? t("composer.stopping") : html`${icon("stop", 16)}${t("composer.stop")}`}
            </button>`
          : nothing}
        <button class="button primary send" type="submit" aria-disabled=${String(!this.text.trim() || over > 0)}>
          ${busy ? t("composer.queue") : t("composer.send")}${icon("send", 16)}
        </button>
      </div>
    </form>`;
  }

  private note(over: number): TemplateResult {
    if (over > 0) return html`<span class="note bad" role="alert">${t("composer.tooLong", { count: over })}</span>`;
    const length = this.text.length;
    if (length > this.limit * 0.8) {
      return html`<span class="note figure">${t("composer.long", {
        count: count(length, locale()),
        limit: count(this.limit, locale()),
      })}</span>`;
    }
    return html`<span class="note" aria-hidden="true">${t("composer.note")}</span>`;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && !event.shiftKey) {
      if (this.thread.running) {
        event.preventDefault();
        this.halt();
      }
      return;
    }
    // On a touch keyboard Enter breaks the line and the button sends.
    const enter = event.key === "Enter" && !event.shiftKey && event.target === this.area;
    if (!enter || this.composing || isComposing(event) || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    this.send();
  }

  private submitted(event: Event): void {
    event.preventDefault();
    this.send();
    this.area.focus();
  }

  private send(): void {
    const text = this.area.value.trim();
    if (!text || [...text].length > this.limit) return;
    const result = this.thread.submit(text);
    if (result === "full") {
      this.tell("toast", { text: t("composer.full") });
      return;
    }
    if (result === "queued") {
      // It waits on disk by itself, so its draft is done with.
      this.client.announcer.say(t("say.queued"));
      this.type("");
      this.save();
    } else {
      // The draft stays on disk until the server has said `turn.started`.
      this.client.drafts.write(this.thread.name, text);
      clearTimeout(this.saving);
      this.saving = undefined;
      this.text = "";
    }
  }

  private readonly halt = (): void => void this.thread.stop();
}

define("causerie-composer", Composer);
