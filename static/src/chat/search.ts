// Search over the page: one's conversations by their words, what was talked about last, and where one
// can go. The keyboard stays in the field; the arrows choose.
import { html, nothing, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";

import texts from "../../locales/en.search.json";
import { placesFor } from "../account/menu.js";
import type { ListState } from "../core/conversations.js";
import { extend, locale, t } from "../core/i18n.js";
import { isComposing, means, type Command } from "../core/keys.js";
import { chatPath } from "../core/route.js";
import { StoreController } from "../core/store.js";
import { full, shortDay } from "../core/time.js";
import type { ConversationView, SearchHit } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon, type IconName } from "../ui/icon.js";
import { Finder, type Findings } from "./finder.js";
import { searchStyles } from "./search-styles.js";

extend(texts);

const RECENT = 6;
const PLACES = 4;

interface Option {
  key: string;
  href?: string;
  command?: Command;
  body: TemplateResult;
}

interface Section {
  heading: string;
  options: readonly Option[];
}

export class Search extends ClientElement {
  static override styles = [base, buttons, searchStyles];

  @state() private text = "";
  @state() private at = 0;
  @query("dialog") private dialog!: HTMLDialogElement;
  @query("input") private field!: HTMLInputElement;
  private finder: Finder | undefined;
  private readonly found = new StoreController(this, (value: Findings) => value);
  private readonly list = new StoreController(this, (value: ListState) => value);

  override disconnectedCallback(): void {
    this.finder?.stop();
    super.disconnectedCallback();
  }

  override firstUpdated(): void {
    this.dialog.showModal();
    this.field.focus();
  }

  override render(): TemplateResult {
    this.finder ??= new Finder(this.client.api);
    const found = this.found.follow(this.finder.found);
    const list = this.list.follow(this.client.conversations.state);
    const sections = (found && this.sections(found, list?.items ?? [])) ?? [];
    const options = sections.flatMap((section) => section.options);
    const at = Math.min(this.at, options.length - 1);
    let index = 0;
    return html`<dialog aria-label=${t("search.label")} @close=${this.closed} @click=${this.outside}>
      <div class="field">
        ${icon("search")}
        <input type="search" dir="auto" maxlength="200" autocomplete="off" spellcheck="false" enterkeyhint="go"
          role="combobox" aria-expanded="true" aria-controls="found" aria-autocomplete="list"
          aria-activedescendant=${options.length ? `o${at}` : nothing}
          aria-label=${t("search.label")} placeholder=${t("search.placeholder")}
          @input=${this.typed} @keydown=${(event: KeyboardEvent) => this.key(event, options, at)} />
        <button class="quiet" type="button" aria-label=${t("close")} @click=${() => this.dialog.close()}>${icon("close")}</button>
      </div>
      <div class="list" id="found" role="listbox" aria-label=${t("search.found")} @scroll=${this.scrolled}>
        ${sections.map(
          (section) => html`<div role="group" aria-label=${section.heading}>
            <h3 aria-hidden="true">${section.heading}</h3>
            ${section.options.map((option) => this.row(option, index++, at))}
          </div>`,
        )}
      </div>
      ${found ? this.state(found) : nothing}
      ${options.length
        ? html`<div class="foot" aria-hidden="true"><span>${t("search.walk")}</span><span>${t("search.open")}</span></div>`
        : nothing}
    </dialog>`;
  }

  private row(option: Option, index: number, at: number): TemplateResult {
    return html`<a class="option" id="o${index}" role="option" tabindex="-1" aria-selected=${String(index === at)}
      href=${option.href ?? nothing} @pointermove=${() => (this.at = index)}
      @click=${(event: MouseEvent) => this.clicked(event, option)}>${option.body}</a>`;
  }

  /** What there is to say instead of a list, or beside it. */
  private state(found: Findings): TemplateResult {
    if (found.phase === "failed") {
      return html`<div class="state" role="alert"><span>${found.problem}</span>
        <button class="button small" type="button" @click=${() => this.finder?.again()}>${t("retry")}</button></div>`;
    }
    const count = found.hits.length + found.titles.length;
    const none = found.query && found.phase === "ready" && !count;
    const said = !found.query || found.phase === "asking" ? "" : t("search.count", { count });
    return html`${none ? html`<p class="state">${t("search.none", { query: found.query })}</p>` : nothing}
      <span class="unseen" role="status">${said}</span>`;
  }

  private sections(found: Findings, recent: readonly ConversationView[]): Section[] {
    const asked = this.text.trim() !== "";
    const sections: Section[] = asked
      ? [
          { heading: t("search.titles"), options: found.titles.map((one) => this.chat(one)) },
          { heading: t("search.messages"), options: found.hits.map((hit) => this.hit(hit)) },
        ]
      : [{ heading: t("search.recent"), options: recent.slice(0, RECENT).map((one) => this.chat(one)) }];
    const places = this.places();
    // Somebody who knows where to go types a few letters of it: then it is on top.
    if (asked && places.length) sections.unshift({ heading: t("search.go"), options: places });
    else sections.push({ heading: t("search.go"), options: places });
    return sections.filter(({ options }) => options.length);
  }

  private places(): Option[] {
    const typed = this.text.trim().toLocaleLowerCase(locale());
    const fits = (label: string): boolean =>
      !typed || label.toLocaleLowerCase(locale()).split(/\s+/).some((word) => word.startsWith(typed)) ||
      (typed.length > 2 && label.toLocaleLowerCase(locale()).startsWith(typed));
    const deeds: [Command, string, IconName][] = [
      ["new-chat", t("sidebar.new"), "plus"],
      ["help", t("shortcut.title"), "help"],
    ];
    const user = this.client.embedded ? undefined : this.client.user.value;
    const pages = user ? placesFor(user).map(({ page, href, icon: name }) => ({ label: t(`page.${page}`), href, name })) : [];
    const options = [
      ...deeds
        .filter(([, label]) => fits(label))
        .map(([command, label, name]) => ({ key: command, command, body: line(name, label) })),
      ...pages.filter(({ label }) => fits(label)).map(({ label, href, name }) => ({ key: href, href, body: line(name, label) })),
    ];
    return typed ? options.slice(0, PLACES) : options;
  }

  private chat(one: ConversationView): Option {
    return {
      key: one.id,
      href: chatPath(one.id),
      body: html`${icon("chat")}<span class="words"><span class="title" dir="auto">${one.title}</span></span>${when(one.updatedAt)}`,
    };
  }

  private hit(hit: SearchHit): Option {
    return {
      key: hit.messageId,
      href: `${chatPath(hit.conversationId)}?message=${hit.messageId}`,
      body: html`${icon(hit.role === "user" ? "user" : "list")}<span class="words">
          <span class="title" dir="auto">${hit.title}</span>
          <span class="snippet" dir="auto"><span class="unseen">${t(hit.role === "user" ? "search.you" : "search.assistant")}</span>${hit.before}<mark>${hit.match}</mark>${hit.after}</span>
        </span>${when(hit.createdAt)}`,
    };
  }

  private readonly typed = (): void => {
    this.text = this.field.value;
    this.at = 0;
    this.finder?.ask(this.text);
  };

  private key(event: KeyboardEvent, options: readonly Option[], at: number): void {
    if (isComposing(event)) return;
    if (means(event, "search")) {
      event.preventDefault();
      this.dialog.close();
      return;
    }
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 };
    const step = steps[event.key];
    if (step !== undefined && !event.altKey && options.length) {
      event.preventDefault();
      const last = options.length - 1;
      const far = Math.abs(step) > 1;
      this.at = far ? Math.min(last, Math.max(0, at + step)) : (at + step + options.length) % options.length;
      if (this.at >= last - 3) void this.finder?.more();
      void this.updateComplete.then(() => this.renderRoot.querySelector(`#o${this.at}`)?.scrollIntoView({ block: "nearest" }));
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = options[at];
      if (option) this.go(option);
    } else if (event.key === "Escape" && this.text) {
      // First it empties the field, then it closes.
      event.preventDefault();
      this.field.value = "";
      this.typed();
    }
  }

  private clicked(event: MouseEvent, option: Option): void {
    // Into another tab, as with any link.
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    this.go(option);
  }

  private go(option: Option): void {
    this.dialog.close();
    if (option.command) this.tell("command", option.command);
    else if (option.href) this.tell("navigate", { path: option.href });
  }

  private readonly scrolled = (event: Event): void => {
    const box = event.target as HTMLElement;
    if (box.scrollTop + box.clientHeight > box.scrollHeight - 200) void this.finder?.more();
  };

  private outside(event: MouseEvent): void {
    if (event.target === this.dialog) this.dialog.close();
  }

  private readonly closed = (): void => void this.tell("overlay-closed");
}

const line = (name: IconName, label: string): TemplateResult =>
  html`${icon(name)}<span class="words"><span class="title">${label}</span></span>`;

const when = (at: string): TemplateResult =>
  html`<time class="when" datetime=${at} title=${full(at, locale())}>${shortDay(at, locale())}</time>`;

define("causerie-search", Search);
