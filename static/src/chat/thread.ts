// The messages of one conversation, in a box that scrolls and follows.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Aim } from "../core/entries.js";
import { t } from "../core/i18n.js";
import { keepPlace } from "../core/places.js";
import { StoreController } from "../core/store.js";
import type { Thread, ThreadState } from "../core/thread.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import "./empty.js";
import { Follow } from "./follow.js";
import { fetchRenderer, renderer } from "./markdown/lazy.js";
import { Message } from "./message.js";
import { Pages } from "./pages.js";
import { threadStyle } from "./thread-style.js";
import { within, type Exchange } from "./window.js";

/** A skeleton before this would only flicker. */
const PATIENCE_MS = 200;
/** Where reading has stopped is written down this long after the last scroll. */
const PLACE_MS = 300;
/** How far below the upper edge stands what somebody was sent to: a third of the window. */
const THIRD = 1 / 3;
/** How far below it stands a message that was stepped to. */
const STEP_PX = 16;

export class ThreadView extends ClientElement {
  static override styles = [base, buttons, threadStyle];

  @property({ attribute: false }) thread!: Thread;
  @query(".box") private box!: HTMLElement;
  @query(".column") private column!: HTMLElement;
  @state() private slow = false;
  /** The renderer of Markdown is there, or will not come: messages can be shown as they are. */
  @state() private canDraw = false;
  /** Fetching earlier messages has failed. */
  @state() private stuck = false;
  /** What was sent since this view shows the thread: room is made for it. */
  private sentBefore = 0;
  private sent = 0;
  private aim: Aim | undefined;
  private patience: ReturnType<typeof setTimeout> | undefined;
  private noting: ReturnType<typeof setTimeout> | undefined;
  private readonly pages = new Pages(() => this.renderRoot, () => this.reached());
  private readonly follow = new Follow(
    {
      isWhole: () => !this.thread.state.value.newer,
      isBegun: () => this.thread.state.value.entries.length > 0,
      first: () => this.first(),
    },
    () => this.requestUpdate(),
    () => this.moved(),
  );
  private readonly threadState = new StoreController(this, (value: ThreadState) => value);

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("pagehide", this.note);
  }

  override disconnectedCallback(): void {
    removeEventListener("pagehide", this.note);
    this.note();
    this.follow.detach();
    this.pages.detach();
    super.disconnectedCallback();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("thread")) return;
    const { state } = this.thread;
    this.sent = this.sentBefore = state.value.sent;
    this.aim = state.value.aim;
    this.pages.reset();
    this.slow = this.stuck = false;
    clearTimeout(this.patience);
    this.patience = setTimeout(() => (this.slow = true), PATIENCE_MS);
    this.canDraw = !state.value.id || !!renderer();
    // Beside the messages, not behind them.
    if (!this.canDraw) void fetchRenderer().catch(() => undefined).then(() => (this.canDraw = true));
    void this.thread.arrive();
  }

  override updated(changed: PropertyValues<this>): void {
    this.follow.attach(this.box, this.column);
    this.box.style.setProperty("--room", `${this.box.clientHeight}px`);
    this.pages.applied(this.box);
    const { sent, aim } = this.thread.state.value;
    if (changed.has("thread")) this.follow.toEnd();
    if (sent !== this.sent) {
      this.sent = sent;
      if (this.pages.goTo()) this.requestUpdate();
      this.follow.toEnd();
    } else if (aim && aim !== this.aim && this.canDraw) this.take(aim);
  }

  /** Goes where the thread says; a page that is away is brought in first. */
  private take(aim: Aim): void {
    // What was not sent yet has no id either, and is not where somebody wants to go.
    const entry = aim.id ? this.thread.state.value.entries.find(({ id }) => id === aim.id) : undefined;
    const element = entry && this.rows.find((row) => row.entry.key === entry.key);
    if (entry && !element && this.pages.goTo(entry.key)) {
      this.requestUpdate();
      return;
    }
    this.aim = aim;
    if (!element) {
      if (this.pages.goTo()) this.requestUpdate();
      this.follow.toEnd();
      return;
    }
    this.follow.hold(element, aim.offset ?? Math.round(this.box.clientHeight * THIRD));
    if (aim.flash) element.flash();
  }

  override render(): TemplateResult {
    const state = this.threadState.follow(this.thread.state);
    if (!state) return html``;
    const blank = state.entries.length === 0 || !this.canDraw;
    const { running } = this.thread;
    const away = !blank && (!this.follow.on || state.newer);
    return html`
      <div class="box" tabindex="0" role="region" aria-label=${t("thread.label")}>
        <div class="column ${blank ? "blank" : ""}" @click=${this.pressed}>${blank ? this.blank(state) : this.messages(state)}</div>
      </div>
      ${away
        ? html`<button class="button small new" type="button" aria-label=${running ? nothing : t("thread.end")}
            @click=${this.toEnd}>${icon("down", 16)}${running ? t("thread.newText") : nothing}</button>`
        : nothing}
    `;
  }

  private readonly toEnd = (): void => void this.thread.toEnd();

  /** What opens under the pointer should open there, unless a message is on its way or an answer, which is followed. */
  private pressed(): void {
    if (!this.thread.busy) this.follow.release();
  }

  private blank(state: ThreadState): TemplateResult {
    switch (state.entries.length ? "loading" : state.phase) {
      case "ready":
        return html`<causerie-empty .thread=${this.thread}></causerie-empty>`;
      case "loading":
        return this.slow
          ? html`<div class="bones" role="status" aria-label=${t("thread.loading")}><i></i><i></i><i></i><i></i></div>`
          : html``;
      case "missing":
        return html`<p class="state">${t("thread.missing")}</p>`;
      case "failed":
        return html`<div class="state">
          <p>${t("thread.failed")}</p>
          <p><button class="button" type="button" @click=${() => void this.thread.arrive()}>${t("retry")}</button></p>
        </div>`;
    }
  }

  private messages(state: ThreadState): TemplateResult {
    const pages = this.pages.arrange(state.entries);
    const last = state.newer ? undefined : pages.at(-1);
    return html`
      ${state.cursor ? html`<div class="more">${this.more(t("thread.older"), this.older)}</div>` : nothing}
      ${repeat(
        pages,
        ({ number }) => number,
        (page) => html`<section class="page ${page === last ? "last" : ""}" data-page=${page.number}>
          ${within(this.pages.mounted, page.number)
            ? repeat(page.exchanges, ({ key }) => key, (one) => this.exchange(one, state, one === last?.exchanges.at(-1)))
            : nothing}
        </section>`,
      )}
      ${state.newer ? html`<div class="more">${this.more(t("thread.newer"), this.newer)}</div>` : nothing}
    `;
  }

  private exchange({ rows }: Exchange<ThreadState["entries"][number]>, state: ThreadState, last: boolean): TemplateResult {
    const roomy = last && state.sent !== this.sentBefore;
    return html`<div class="exchange ${roomy ? "roomy" : ""}">${repeat(
      rows,
      ({ key }) => key,
      (entry) => html`<causerie-message .entry=${entry} .thread=${this.thread}
        ?last=${last && entry === rows.at(-1)}></causerie-message>`,
    )}</div>`;
  }

  /** Pages come by themselves; where one does not, it can be asked for. */
  private more(label: string, read: () => unknown): unknown {
    return this.stuck ? html`<button class="button small" type="button" @click=${read}>${label}</button>` : t("thread.fetching");
  }

  /** Other pages have come near: they are put in, and what lies beyond them is fetched. */
  private reached(): void {
    this.requestUpdate();
    if (this.stuck) return;
    const { cursor, newer } = this.thread.state.value;
    if (cursor && this.pages.atFirst) void this.older();
    if (newer && this.pages.atLast) void this.newer();
  }

  private readonly older = (): Promise<void> => {
    this.follow.pin();
    return this.fetch(() => this.thread.older());
  };

  private readonly newer = (): Promise<void> => this.fetch(() => this.thread.newer());

  private async fetch(read: () => Promise<void>): Promise<void> {
    try {
      await read();
      this.stuck = false;
    } catch {
      this.stuck = true;
    }
  }

  private get rows(): Message[] {
    return [...this.renderRoot.querySelectorAll<Message>("causerie-message")];
  }

  /** The first message in sight. */
  private first(): Message | undefined {
    const top = this.box.getBoundingClientRect().top;
    return this.rows.find((row) => row.getBoundingClientRect().bottom > top + 1);
  }

  private moved(): void {
    clearTimeout(this.noting);
    this.noting = setTimeout(this.note, PLACE_MS);
  }

  /** Writes down where reading has stopped. */
  private readonly note = (): void => {
    clearTimeout(this.noting);
    const { id, entries, phase } = this.thread.state.value;
    if (!id || phase !== "ready" || !this.canDraw) return;
    if (this.follow.on || this.follow.atEnd) {
      const last = entries.findLast((entry) => entry.id)?.id;
      if (last) keepPlace(this.client.shelf, id, { id: last, offset: 0, end: true });
      return;
    }
    const first = this.first();
    if (!first?.entry.id) return;
    keepPlace(this.client.shelf, id, { id: first.entry.id, offset: Math.round(this.follow.offsetOf(first)), end: false });
  };

  /** Opens the last question for other words; false: there is none, or an answer is being written. */
  editLast(): boolean {
    const question = this.rows.findLast(({ entry }) => entry.role === "user");
    if (!question?.editable || this.thread.busy) return false;
    this.follow.release();
    question.rewrite();
    return true;
  }

  /** Puts the keyboard on the message before or after the one it is on, or that is in sight. */
  step(by: 1 | -1): void {
    const { rows } = this;
    const at = rows.findIndex((row) => row.matches(":focus-within"));
    const first = this.first();
    const target = at >= 0 ? rows[at + by] : first;
    if (!target) return;
    target.focus({ preventScroll: true });
    this.follow.hold(target, STEP_PX);
  }

  /** The last code block of the conversation, for the shortcut. */
  get lastCode(): string | undefined {
    for (const message of this.rows.toReversed()) if (message.lastCode !== undefined) return message.lastCode;
    return undefined;
  }
}

define("causerie-thread", ThreadView);
