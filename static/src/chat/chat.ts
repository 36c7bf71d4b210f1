// The whole chat: list, thread, composer, and the state of the connection.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { commandOf } from "../core/keys.js";
import { credits, isZero } from "../core/money.js";
import type { ListState } from "../core/conversations.js";
import type { Conversation } from "../core/resources.js";
import { chatPath } from "../core/route.js";
import type { SessionState } from "../core/session.js";
import { StoreController } from "../core/store.js";
import { isText } from "../core/drafts.js";
import type { Thread, ThreadState } from "../core/thread.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { Composer } from "./composer.js";
import "./link-state.js";
import "./model-picker.js";
import type { ModelPicker } from "./model-picker.js";
import { Narrator } from "./narrator.js";
import "./sidebar.js";
import { ThreadView } from "./thread.js";

const isFolded = (value: unknown): value is boolean => typeof value === "boolean";

export class Chat extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        grid-template-columns: 272px minmax(0, 1fr);
        block-size: 100dvh;
        background: var(--canvas);
      }
      :host([folded]) {
        grid-template-columns: minmax(0, 1fr);
      }
      causerie-sidebar {
        border-inline-end: 1px solid var(--line);
      }
      :host([folded]) causerie-sidebar {
        display: none;
      }
      main {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        grid-template-rows: auto minmax(0, 1fr) auto;
        min-block-size: 0;
        block-size: 100dvh;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        min-inline-size: 0;
        block-size: var(--header);
        padding: 0 16px 0 24px;
        border-block-end: 1px solid var(--line);
      }
      causerie-model-picker {
        flex: none;
        max-inline-size: 55%;
      }
      .unfold {
        display: none;
        margin-inline-start: -10px;
      }
      :host([folded]) .unfold {
        display: inline-flex;
      }
      h1 {
        flex: 1;
        min-inline-size: 0;
        font-size: 15px;
        font-weight: 600;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .cost {
        font-size: 13px;
        color: var(--muted);
      }
      .foot {
        inline-size: 100%;
        max-inline-size: calc(var(--measure) + 48px);
        margin-inline: auto;
        padding-inline: 24px;
      }
      .veil {
        display: none;
      }
      @media (max-width: 720px) {
        :host {
          grid-template-columns: minmax(0, 1fr);
        }
        :host([folded]) causerie-sidebar,
        causerie-sidebar {
          position: fixed;
          inset-block: 0;
          inset-inline-start: 0;
          z-index: 2;
          display: flex;
          inline-size: min(300px, 86vw);
          visibility: hidden;
          opacity: 0;
          transition: opacity var(--state), visibility 0s 120ms;
        }
        :host([open]) causerie-sidebar {
          visibility: visible;
          opacity: 1;
          transition: opacity var(--state);
        }
        :host([open]) .veil {
          display: block;
          position: fixed;
          inset: 0;
          z-index: 1;
          border: 0;
          background: rgb(0 0 0 / 40%);
        }
        .unfold {
          display: inline-flex;
        }
        header {
          padding: 0 8px 0 16px;
        }
        .foot {
          padding-inline: 12px;
        }
        .cost {
          display: none;
        }
        causerie-model-picker {
          max-inline-size: 40%;
        }
      }
    `,
  ];

  /** The conversation shown; empty: a new one. */
  @property() conversation = "";
  @property() theme = "system";
  @property({ type: Boolean, reflect: true }) folded = false;
  /** On a phone, where the list lies over the page. */
  @property({ type: Boolean, reflect: true }) open = false;
  @state() private thread: Thread | undefined;
  @query("causerie-composer") private composer!: Composer;
  @query("causerie-thread") private view!: ThreadView;
  @query("causerie-model-picker") private picker!: ModelPicker;
  private narrator: Narrator | undefined;
  private readonly threadState = new StoreController(this, (value: ThreadState) => value);
  private readonly list = new StoreController(this, (value: ListState) => value);
  private readonly drain = new StoreController(this, (value: SessionState) => value.draining);

  override connectedCallback(): void {
    super.connectedCallback();
    this.folded = this.client.shelf.read("folded", isFolded) ?? false;
    this.narrator = new Narrator(this.client, () => this.thread);
    this.client.addEventListener("adopted", this.adopted);
    addEventListener("keydown", this.key);
  }

  override disconnectedCallback(): void {
    this.client.removeEventListener("adopted", this.adopted);
    removeEventListener("keydown", this.key);
    this.narrator?.stop();
    this.client.watch(undefined);
    super.disconnectedCallback();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("conversation") || !this.thread) {
      const thread = this.client.thread(this.conversation || undefined);
      this.thread = thread;
      if (!thread.state.value.model) {
        const preferred = this.client.shelf.read("model", isText);
        if (preferred && !this.conversation) thread.choose(preferred);
      }
      this.client.watch(this.conversation || undefined);
      this.open = false;
    }
  }

  private readonly adopted = (event: Event): void => {
    const { thread, id } = (event as CustomEvent<{ thread: Thread; id: string }>).detail;
    if (thread === this.thread) this.tell("navigate", { path: chatPath(id), replace: true });
  };

  override render(): TemplateResult {
    const { thread } = this;
    if (!thread) return html``;
    const state = this.threadState.follow(thread.state);
    this.list.follow(this.client.conversations.state);
    this.drain.follow(this.client.session);
    const row = state?.id ? this.client.conversations.find(state.id) : undefined;
    const title = row?.title || state?.title || t("sidebar.untitled");
    return html`
      <causerie-sidebar .selected=${state?.id ?? ""} .theme=${this.theme} data-region tabindex="-1"
        @causerie-sidebar=${this.fold} @causerie-delete=${this.removed} @causerie-new=${this.fresh}></causerie-sidebar>
      <button class="veil" type="button" aria-label=${t("nav.hide")} @click=${() => (this.open = false)}></button>
      <main id="main">
        <header data-region tabindex="-1">
          <button class="quiet unfold" type="button" aria-label=${t("nav.open")} @click=${this.fold}>${icon("menu")}</button>
          <h1 dir="auto">${title}</h1>
          <causerie-link-state></causerie-link-state>
          ${row && !isZero(row.charged)
            ? html`<span class="cost figure" title=${t("thread.cost")}>${t("receipt.credits", { credits: credits(row.charged, locale()) })}</span>`
            : nothing}
          <causerie-model-picker .value=${state?.model ?? ""} @causerie-choose=${this.choose}></causerie-model-picker>
        </header>
        <causerie-thread .thread=${thread} data-region tabindex="-1" @causerie-edit=${this.edit}></causerie-thread>
        <div class="foot" data-region tabindex="-1">
          <causerie-composer .thread=${thread}></causerie-composer>
        </div>
      </main>
    `;
  }

  private readonly edit = (event: CustomEvent<string>): void => this.composer.put(event.detail);

  private readonly fold = (): void => {
    if (matchMedia("(max-width: 720px)").matches) {
      this.open = !this.open;
      return;
    }
    this.folded = !this.folded;
    this.client.shelf.write("folded", this.folded);
  };

  private choose(event: CustomEvent<string>): void {
    this.thread?.choose(event.detail);
    this.client.shelf.write("model", event.detail);
  }

  private readonly fresh = (): void => {
    this.client.newChat();
    this.open = false;
    if (!this.conversation) {
      this.thread = undefined;
      this.requestUpdate();
    }
  };

  private removed(event: CustomEvent<Conversation>): void {
    const { id } = event.detail;
    this.client.conversations.remove(id);
    if (this.conversation === id) this.tell("navigate", { path: chatPath() });
    this.tell("toast", {
      text: t("sidebar.deleted"),
      action: { label: t("sidebar.undo"), run: () => this.client.conversations.restore(id) },
    });
  }

  private readonly key = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && this.open) this.open = false;
    const command = commandOf(event);
    if (!command) return;
    event.preventDefault();
    switch (command) {
      case "new-chat":
        this.fresh();
        this.tell("navigate", { path: chatPath() });
        break;
      case "sidebar":
        this.fold();
        break;
      case "composer":
        this.composer.focus();
        break;
      case "model":
        this.picker.open();
        break;
      case "copy-code": {
        const code = this.view.lastCode;
        if (code !== undefined) {
          void navigator.clipboard.writeText(code).then(() => this.tell("toast", { text: t("copied") }));
        }
        break;
      }
      case "next-region": {
        const regions = [...this.renderRoot.querySelectorAll<HTMLElement>("[data-region]")];
        const at = regions.findIndex((region) => region.matches(":focus-within"));
        regions.at((at + 1) % regions.length)?.focus();
        break;
      }
    }
  };
}

define("causerie-chat", Chat);
