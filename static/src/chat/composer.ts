// Where one writes. Never disabled: what cannot be sent now waits, and what was typed is kept.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { isComposing, means } from "../core/keys.js";
import { count } from "../core/money.js";
import type { SessionState } from "../core/session.js";
import type { Said } from "../core/sending.js";
import { StoreController } from "../core/store.js";
import type { Thread, ThreadState } from "../core/thread.js";
import type { EstimateState } from "../core/estimates.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { MoneyFirst, short } from "./amounts.js";
import { Attaching } from "./attaching.js";
import { composing } from "./composer-styles.js";
import { fetchRenderer } from "./markdown/lazy.js";
import type { Upload, Uploads } from "./uploading.js";

/** A draft is on disk this long after the last key at the latest. */
const SAVE_MS = 300;
/** The server's limit until the session has told its own. */
const TEXT_MAX = 32_000;

/** What shows messages that wait comes with the first words, before there can be any; kept ones ask for it again. */
const fetchWaiting = (): void => void import("./waiting.js").catch(() => undefined);

const touch = (): boolean => matchMedia("(pointer: coarse)").matches;

export class Composer extends ClientElement {
  static override styles = [base, buttons, composing];

  @property({ attribute: false }) thread!: Thread;
  @state() private text = "";
  @query("textarea") private area!: HTMLTextAreaElement;
  @query('input[type="file"]') private picker!: HTMLInputElement;
  private saving: ReturnType<typeof setTimeout> | undefined;
  private composing = false;
  private readonly attaching = new Attaching(this);
  private readonly money = new MoneyFirst(this);
  private readonly threadState = new StoreController(this, (value: ThreadState) => value);
  private readonly files = new StoreController(this, (value: readonly Upload[]) => value);
  private readonly estimate = new StoreController(this, (value: EstimateState) => value);
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
    this.attaching.follow();
  }

  override updated(changed: PropertyValues<this>): void {
    if (this.thread.state.value.queue.items.length) fetchWaiting();
    if (this.area.value !== this.text) this.area.value = this.text;
    this.fit();
    this.thread.sending.estimates.want(this.wanted());
    // Another site's page keeps the focus where it is until somebody has come here.
    const uninvited = this.client.embedded && changed.get("thread") === undefined;
    if (changed.has("thread") && !uninvited && !touch()) this.area.focus();
  }

  override focus(): void {
    this.area.focus();
  }

  /** Behind what is written. */
  add(text: string): void {
    this.type(this.text + text);
  }

  /** Puts a message where it can be changed. */
  put({ text, parts = [] }: Said): void {
    this.type(text);
    if (parts.length) void this.attaching.open().then((uploads) => uploads?.put(parts));
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
    // By the time there is an answer, it can be drawn.
    if (text) {
      fetchRenderer().catch(() => undefined);
      fetchWaiting();
    }
    clearTimeout(this.saving);
    this.saving = setTimeout(this.save, SAVE_MS);
  }

  /** Keeps what is written, now. */
  readonly save = (): void => {
    if (this.saving === undefined) return;
    clearTimeout(this.saving);
    this.saving = undefined;
    this.client.drafts.write(this.thread.name, this.text);
  };

  private get uploads(): Uploads | undefined {
    return this.attaching.uploads;
  }

  private get limit(): number {
    return this.client.session.value.limits?.textCharacters ?? TEXT_MAX;
  }

  /** Characters beyond the limit, counted as the server counts them. */
  private get excess(): number {
    const { length } = this.text;
    return length <= this.limit ? 0 : Math.max(0, (length > 4 * this.limit ? length : [...this.text].length) - this.limit);
  }

  /** What would be sent now, for its estimate; nothing while an answer is written. */
  private wanted(): ReturnType<Thread["sending"]["request"]> | undefined {
    const text = this.text.trim();
    const parts = this.uploads?.parts ?? [];
    if ((!text && !parts.length) || this.excess || this.thread.busy || this.blind) return undefined;
    return this.thread.sending.request({ text, parts });
  }

  /** The model chosen sees no pictures, and there are some: its name. */
  private get blind(): string | undefined {
    if (!this.uploads?.parts.some(({ type }) => type === "image")) return undefined;
    const { choices, kept } = this.thread.state.value;
    const { items } = this.client.models.value;
    const id = choices.model ?? kept.model;
    const model = items.find((one) => (id ? one.id === id : one.default));
    return model && !model.capabilities.includes("vision") ? model.title : undefined;
  }

  override render(): TemplateResult {
    const state = this.threadState.follow(this.thread.state);
    this.running.follow(this.client.session);
    const files = this.files.follow(this.uploads?.state) ?? [];
    const turn = this.thread.running;
    const { busy } = this.thread;
    return html`<form class="box ${this.attaching.over ? "over" : ""}" @submit=${this.submitted} @keydown=${this.key}>
      ${state?.queue.items.length
        ? html`<causerie-waiting .thread=${this.thread} .queue=${state.queue} .held=${!busy && !this.thread.sending.counts}></causerie-waiting>`
        : nothing}
      ${this.uploads && files.length ? html`<causerie-uploads .uploads=${this.uploads}></causerie-uploads>` : nothing}
      <textarea rows="1" dir="auto" aria-label=${t("composer.label")} enterkeyhint=${touch() ? "enter" : "send"}
        placeholder=${busy ? t("composer.queueing") : t("composer.placeholder")}
        @input=${() => this.type(this.area.value)} @paste=${this.attaching.pasted}
        @compositionstart=${() => (this.composing = true)} @compositionend=${() => (this.composing = false)}></textarea>
      <div class="foot">
        <button class="quiet" type="button" aria-label=${t("composer.attach")} title=${t("composer.attach")}
          @click=${() => this.picker.click()}>${icon("clip")}</button>
        <input type="file" multiple tabindex="-1" aria-hidden="true" @change=${this.picked} />
        ${this.note(busy)}
        ${turn
          ? html`<button class="button stop" type="button" ?disabled=${turn.phase === "stopping"} @click=${this.halt}>
              ${turn.phase === "stopping" ? t("composer.stopping") : html`${icon("stop", 16)}${t("composer.stop")}`}
            </button>`
          : nothing}
        <button class="button primary send" type="submit" aria-disabled=${String(!this.sendable)}>
          ${busy ? t("composer.queue") : t("composer.send")}${icon("send", 16)}
        </button>
      </div>
    </form>`;
  }

  private note(busy: boolean): TemplateResult {
    const bad = (words: string): TemplateResult => html`<span class="note bad" role="alert">${words}</span>`;
    const over = this.excess;
    if (over > 0) return bad(t("composer.tooLong", { count: over }));
    const blind = this.blind;
    if (blind) return bad(t("composer.blind", { model: blind }));
    const estimate = this.estimate.follow(this.thread.sending.estimates.state);
    const money = this.money.value;
    const { length } = this.text;
    if (estimate?.phase === "known" && !estimate.estimate.affordable) {
      return bad(t("composer.short", { likely: short(estimate.estimate.likely, money) }));
    }
    if (length > this.limit * 0.8) {
      return html`<span class="note figure">${t("composer.long", {
        count: count(length, locale()),
        limit: count(this.limit, locale()),
      })}</span>`;
    }
    const known = estimate?.phase === "asking" ? estimate.last : estimate?.phase === "known" ? estimate.estimate : undefined;
    if (known && !busy) {
      return html`<span class="note figure">${t("composer.estimate", { likely: short(known.likely, money) })}</span>`;
    }
    return html`<span class="note hint" aria-hidden="true">${t("composer.note")}</span>`;
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.area) return;
    if (means(event, "stop")) {
      if (this.thread.running) {
        event.preventDefault();
        this.halt();
      }
      return;
    }
    const plain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "ArrowUp" && plain && !this.text && !isComposing(event)) {
      if (!this.tell("edit-last")) event.preventDefault();
      return;
    }
    // On a touch keyboard Enter breaks the line and the button sends.
    const enter = event.key === "Enter" && !event.shiftKey;
    if (!enter || this.composing || isComposing(event) || touch()) return;
    event.preventDefault();
    this.send();
  }

  private submitted(event: Event): void {
    event.preventDefault();
    this.send();
    this.area.focus();
  }

  private get sendable(): boolean {
    if (this.excess || this.blind) return false;
    return this.uploads?.open ? false : !!(this.text.trim() || this.uploads?.parts.length);
  }

  private send(): void {
    this.text = this.area.value;
    if (!this.sendable) {
      if (this.uploads?.open) this.tell("toast", { text: t("composer.uploading") });
      return;
    }
    const text = this.text.trim();
    const parts = this.uploads?.parts ?? [];
    const result = this.thread.sending.submit(parts.length ? { text, parts } : { text });
    if (result === "full") {
      this.tell("toast", { text: t("composer.full") });
      return;
    }
    this.uploads?.take();
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

  private picked(): void {
    void this.attaching.add([...(this.picker.files ?? [])]);
    this.picker.value = "";
    this.area.focus();
  }

  /** The button goes with the answer: the keyboard stays in the box. */
  private readonly halt = (): void => {
    if (this.renderRoot.querySelector(".stop:focus") && !touch()) this.area.focus();
    void this.thread.sending.stop();
  };
}

define("causerie-composer", Composer);
