// The whole chat: list, thread, composer, and the state of the connection.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import texts from "../../locales/en.chat.json";
import composing from "../../locales/en.composer.json";
import { copy } from "../core/clipboard.js";
import { extend, t } from "../core/i18n.js";
import { chatPath } from "../core/route.js";
import type { Said } from "../core/sending.js";
import type { SessionState } from "../core/session.js";
import { StoreController } from "../core/store.js";
import { isText, NEW_CHAT } from "../core/drafts.js";
import { Client } from "../core/client.js";
import { Thread, type ThreadState } from "../core/thread.js";
import { Commands } from "./commands.js";
import { base, ClientElement, define } from "../ui/element.js";
import { enter, holder } from "../ui/keyboard.js";
import { chatStyles } from "./chat-styles.js";
import "./controls-frame.js";
import type { ControlsFrame } from "./controls-frame.js";
import { Composer } from "./composer.js";
import { Header } from "./header.js";
import { Narrator } from "./narrator.js";
import "./sidebar.js";
import { ThreadView } from "./thread.js";

extend(texts);
extend(composing);
Client.openThread = (client, id) => new Thread(client, id);

const isFolded = (value: unknown): value is boolean => typeof value === "boolean";

export class Chat extends ClientElement {
  static override styles = [base, chatStyles];

  /** The conversation shown; empty: a new one. */
  @property() conversation = "";
  @property() theme = "system";
  /** For new chats: who answers, and from which preset. */
  @property() agent = "";
  @property() preset = "";
  /** The conversation alone: no list beside it, no controls. */
  @property({ type: Boolean, reflect: true }) compact = false;
  @property({ type: Boolean, reflect: true }) folded = false;
  /** On a phone, where the list lies over the page. */
  @property({ type: Boolean, reflect: true }) open = false;
  /** What had the keyboard before the list lay over the page. */
  private opener: HTMLElement | undefined;
  @state() private thread: Thread | undefined;
  @query("causerie-composer") private composer!: Composer;
  @query("causerie-thread") private view!: ThreadView;
  @query("causerie-header") private header!: Header;
  @query("causerie-controls-frame") private controls: ControlsFrame | undefined;
  private chosen: (() => void) | undefined;
  private narrator: Narrator | undefined;
  private readonly threadState = new StoreController(this, (value: ThreadState) => value);
  private readonly commands = new Commands(this, {
    "new-chat": () => this.begin(),
    sidebar: () => this.fold(),
    composer: () => this.composer.focus(),
    model: () => this.header.pick(),
    "previous-message": () => this.view.step(-1),
    "next-message": () => this.view.step(1),
    "copy-code": () => void this.copyCode(),
  });
  private readonly drain = new StoreController(this, (value: SessionState) => value.draining);

  override connectedCallback(): void {
    super.connectedCallback();
    this.folded = this.client.shelf.read("folded", isFolded) ?? false;
    this.narrator = new Narrator(this.client, () => this.thread);
    this.client.addEventListener("adopted", this.adopted);
    this.client.addEventListener("gone", this.gone);
    addEventListener("keydown", this.key);
  }

  override disconnectedCallback(): void {
    this.client.removeEventListener("adopted", this.adopted);
    this.client.removeEventListener("gone", this.gone);
    removeEventListener("keydown", this.key);
    this.narrator?.stop();
    this.client.watch(undefined);
    super.disconnectedCallback();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const given = changed.has("agent") || changed.has("preset");
    if (changed.has("conversation") || given || !this.thread) {
      const thread = this.client.thread(this.conversation || undefined);
      this.thread = thread;
      if (!thread.state.value.choices.model) {
        const preferred = this.client.shelf.read("model", isText);
        if (preferred && !this.conversation) thread.sending.choose({ model: preferred });
      }
      if (!this.conversation && (given || this.agent || this.preset)) {
        thread.sending.choose({ agent: this.agent || undefined, presetId: this.preset || undefined });
      }
      this.client.watch(this.conversation || undefined);
      this.open = false;
    }
  }

  private readonly adopted = (event: Event): void => {
    const { thread, id } = (event as CustomEvent<{ thread: Thread; id: string }>).detail;
    if (thread === this.thread) this.tell("navigate", { path: chatPath(id), replace: true });
  };

  /** The conversation was deleted elsewhere: nothing can be said in it, and what was not said yet goes on in a new one. */
  private readonly gone = (event: Event): void => {
    const { thread, client } = this;
    if (!thread || (event as CustomEvent<string>).detail !== thread.state.value.id) return;
    this.composer.save();
    const texts = [client.drafts.read(NEW_CHAT), thread.sending.unsaid()];
    client.drafts.write(NEW_CHAT, texts.filter(Boolean).join("\n\n"));
    client.drafts.write(thread.name, "");
    this.tell("navigate", { path: chatPath(), replace: true });
    this.tell("toast", { text: t("thread.gone") });
  };

  override render(): TemplateResult {
    const { thread } = this;
    if (!thread) return html``;
    const state = this.threadState.follow(thread.state);
    const draining = this.drain.follow(this.client.session);
    return html`
      ${this.compact
        ? nothing
        : html`<causerie-sidebar part="sidebar" .selected=${state?.id ?? ""} .theme=${this.theme} data-region
            @causerie-sidebar=${this.fold} @causerie-delete=${this.removed} @causerie-new=${this.fresh}
            @causerie-search=${() => void this.commands.open("search")}></causerie-sidebar>`}
      <button class="veil" type="button" aria-label=${t("nav.hide")} @click=${this.uncover}></button>
      <main id="main" @focusin=${this.entered}>
        <causerie-header part="header" .thread=${thread} ?folded=${this.folded} ?compact=${this.compact} data-region
          @causerie-sidebar=${this.fold} @causerie-delete=${this.removed} @causerie-choose=${this.choose}
          @causerie-controls=${() => this.controls?.toggle()}></causerie-header>
        <div class="news" role="status">${draining ? html`<span class="banner">${t("link.draining")}</span>` : nothing}</div>
        <causerie-thread part="thread" .thread=${thread} data-region @causerie-edit=${this.edit} @causerie-compose=${this.compose}
          @causerie-other-model=${this.other}></causerie-thread>
        <div class="foot" part="composer" data-region>
          <causerie-composer .thread=${thread} @causerie-edit-last=${this.editLast}></causerie-composer>
        </div>
      </main>
      ${this.compact ? nothing : html`<causerie-controls-frame .thread=${thread} data-region></causerie-controls-frame>`}
      ${this.commands.render()}
    `;
  }

  private readonly edit = ({ detail }: CustomEvent<string | Said>): void =>
    this.composer.put(typeof detail === "string" ? { text: detail } : detail);

  /** Where the keyboard goes when what it was on is gone; on a phone it would only cover the page. */
  private readonly compose = (): void => {
    if (!matchMedia("(pointer: coarse)").matches) this.composer.focus();
  };

  private readonly editLast = (event: Event): void => {
    if (this.view.editLast()) event.preventDefault();
  };

  private readonly fold = (): void => {
    if (this.offsetWidth <= 720) {
      if (this.open) this.uncover();
      else void this.cover();
      return;
    }
    this.folded = !this.folded;
    this.client.shelf.write("folded", this.folded);
  };

  /** The list lies over the page now, and the keyboard goes there. */
  private async cover(): Promise<void> {
    this.opener = holder();
    this.open = true;
    await this.updateComplete;
    enter(this.renderRoot.querySelector<HTMLElement>("causerie-sidebar") ?? undefined);
  }

  private readonly uncover = (): void => {
    this.open = false;
    this.opener?.focus();
  };

  /** Whoever goes on to what lies under the list is to see it. */
  private readonly entered = (): void => {
    this.open = false;
  };

  private choose(event: CustomEvent<string>): void {
    this.thread?.sending.choose({ model: event.detail });
    this.client.shelf.write("model", event.detail);
    this.chosen?.();
    this.chosen = undefined;
  }

  /** Somebody wants another model for what follows: the list opens, and what is chosen goes on. */
  private readonly other = (event: CustomEvent<() => void>): void => {
    this.chosen = event.detail;
    this.header.pick();
  };

  private readonly fresh = (): void => {
    const held = this.heldBack();
    this.client.newChat();
    this.open = false;
    if (!this.conversation) {
      this.thread = undefined;
      this.requestUpdate();
    }
    if (held) void this.updateComplete.then(() => this.composer.put(held));
  };

  /** What was turned down in a chat that never began comes along into the box: nothing else keeps it. */
  private heldBack(): Said | undefined {
    const { thread, client } = this;
    if (!thread || thread.state.value.id) return undefined;
    const refused = thread.state.value.entries.find(({ sending }) => sending === "refused");
    if (!refused) return undefined;
    const draft = client.drafts.read(thread.name);
    const { text, ...said } = thread.sending.takeBack(refused);
    return { ...said, text: draft && draft !== text ? `${text}\n\n${draft}` : text };
  }

  private begin(): void {
    this.fresh();
    this.tell("navigate", { path: chatPath() });
  }

  private removed(event: CustomEvent<string>): void {
    const id = event.detail;
    this.client.conversations.remove(id);
    if (this.conversation === id) this.tell("navigate", { path: chatPath() });
    this.tell("toast", {
      text: t("sidebar.deleted"),
      action: { label: t("sidebar.undo"), run: () => this.client.conversations.restore(id) },
    });
  }

  private async copyCode(): Promise<void> {
    const code = this.view.lastCode;
    if (code === undefined) return;
    await copy(code);
    this.tell("toast", { text: t("copied") });
  }

  /** The list over the page is closed by the key that closes everything. */
  private readonly key = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && this.open) this.uncover();
  };
}

define("causerie-chat", Chat);
