// The line above a conversation: its name, how the connection is, what it has cost, which model
// answers next, and what can be done with all of it.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { copy } from "../core/clipboard.js";
import type { ListState } from "../core/conversations.js";
import { t } from "../core/i18n.js";
import { isComposing } from "../core/keys.js";
import { isZero } from "../core/money.js";
import { StoreController } from "../core/store.js";
import type { Thread, ThreadState } from "../core/thread.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import "../ui/menu.js";
import type { MenuItem } from "../ui/menu.js";
import { MoneyFirst, other, short } from "./amounts.js";
import "./link-state.js";
import "./model-picker.js";
import type { ModelPicker } from "./model-picker.js";

export class Header extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 8px;
        min-inline-size: 0;
        block-size: var(--header);
        padding: 0 12px 0 24px;
        border-block-end: 1px solid var(--line);
      }
      .unfold {
        display: none;
        margin-inline-start: -10px;
      }
      :host([folded]:not([compact])) .unfold {
        display: inline-flex;
      }
      h1 {
        display: flex;
        flex: 1;
        min-inline-size: 0;
        font-size: 15px;
        font-weight: 600;
      }
      h1 > span,
      h1 button {
        min-inline-size: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      h1 button,
      h1 input {
        block-size: 32px;
        margin-inline-start: -8px;
        padding-inline: 7px;
        border: 1px solid transparent;
        border-radius: var(--radius-small);
        background: none;
        font-weight: inherit;
        text-align: start;
      }
      h1 button:hover {
        background: color-mix(in oklab, var(--text) 6%, transparent);
      }
      h1 input {
        inline-size: min(100%, 32rem);
        border-color: var(--accent);
        background: var(--surface);
      }
      .cost {
        font-size: 13px;
        color: var(--muted);
        white-space: nowrap;
      }
      causerie-model-picker {
        flex: none;
        max-inline-size: 55%;
      }
      causerie-menu,
      causerie-link-state {
        flex: none;
      }
      @media (max-width: 720px) {
        :host {
          gap: 4px;
          padding: 0 8px 0 16px;
        }
        :host(:not([compact])) .unfold {
          display: inline-flex;
        }
        .cost {
          display: none;
        }
        causerie-model-picker {
          max-inline-size: 30%;
        }
      }
      @media (pointer: coarse) {
        h1 input {
          font-size: 16px;
        }
      }
    `,
  ];

  @property({ attribute: false }) thread!: Thread;
  @property({ type: Boolean, reflect: true }) folded = false;
  @property({ type: Boolean, reflect: true }) compact = false;
  @state() private renaming = false;
  @query("causerie-model-picker") private picker!: ModelPicker;
  private readonly money = new MoneyFirst(this);
  private readonly threadState = new StoreController(this, (value: ThreadState) => value);
  private readonly list = new StoreController(this, (value: ListState) => value);

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("thread")) this.renaming = false;
  }

  pick(): void {
    this.picker.open();
  }

  override render(): TemplateResult {
    const state = this.threadState.follow(this.thread.state);
    this.list.follow(this.client.conversations.state);
    const row = state?.id ? this.client.conversations.find(state.id) : undefined;
    const title = row?.title || state?.title || t("sidebar.untitled");
    return html`
      <button class="quiet unfold" type="button" aria-label=${t("nav.open")} @click=${() => this.tell("sidebar")}>${icon("menu")}</button>
      <h1>${this.named(state?.phase === "ready" ? state.id : undefined, title)}</h1>
      <causerie-link-state></causerie-link-state>
      ${row && !isZero(row.charged)
        ? html`<span class="cost figure" title="${t("thread.cost")}: ${other({ credits: row.charged, usd: row.costUsd }, this.money.value)}">${short({ credits: row.charged, usd: row.costUsd }, this.money.value)}</span>`
        : nothing}
      <causerie-model-picker .value=${this.thread.model ?? ""}></causerie-model-picker>
      ${this.compact
        ? nothing
        : html`<button class="quiet" type="button" aria-label=${t("controls.label")} title=${t("controls.label")}
            @click=${() => this.tell("controls")}>${icon("sliders")}</button>`}
      ${state?.id && state.phase === "ready" ? this.menu() : nothing}
    `;
  }

  private named(id: string | undefined, title: string): TemplateResult {
    if (!id) return html`<span dir="auto">${title}</span>`;
    if (this.renaming) {
      return html`<input .value=${title} maxlength="200" dir="auto" aria-label=${t("sidebar.renameLabel")}
        @keydown=${this.key} @blur=${this.renamed} />`;
    }
    return html`<button type="button" dir="auto" title=${t("header.rename")} @click=${this.rename}>${title}</button>`;
  }

  private menu(): TemplateResult {
    const items: MenuItem[] = [
      { id: "rename", label: t("sidebar.rename"), icon: "pencil" },
      ...(this.client.embedded ? [] : [{ id: "link", label: t("header.link"), icon: "link" } as const]),
      { id: "markdown", label: t("header.markdown"), icon: "download", apart: true },
      { id: "json", label: t("header.json"), icon: "download" },
      { id: "delete", label: t("sidebar.delete"), icon: "trash", danger: true, apart: true },
    ];
    return html`<causerie-menu label=${t("header.menu")} .items=${items} @causerie-choose=${this.chosen}>
      <button slot="trigger" class="quiet" type="button" aria-label=${t("header.menu")} title=${t("header.menu")}>${icon("more")}</button>
    </causerie-menu>`;
  }

  private readonly chosen = async (event: CustomEvent<string>): Promise<void> => {
    event.stopPropagation();
    const { id } = this.thread.state.value;
    if (!id) return;
    switch (event.detail) {
      case "rename":
        await this.rename();
        break;
      case "link":
        await copy(location.origin + location.pathname);
        this.tell("toast", { text: t("header.linked") });
        break;
      case "delete":
        this.tell("delete", id);
        break;
      case "markdown":
      case "json": {
        const { download } = await import("./export.js");
        const problem = await download(this.client.api, this.thread, event.detail);
        if (problem) this.tell("toast", { text: problem, bad: true });
      }
    }
  };

  private readonly rename = async (): Promise<void> => {
    this.renaming = true;
    await this.updateComplete;
    this.renderRoot.querySelector("input")?.select();
  };

  private key(event: KeyboardEvent): void {
    if (isComposing(event)) return;
    if (event.key === "Escape") this.back();
    if (event.key === "Enter") void this.renamed(event, true);
    if (event.key === "Escape" || event.key === "Enter") event.preventDefault();
  }

  /** The focus returns to where it came from, unless it was taken elsewhere. */
  private back(): void {
    this.renaming = false;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>("h1 button")?.focus());
  }

  private async renamed(event: Event, byKey = false): Promise<void> {
    if (!this.renaming) return;
    const title = (event.target as HTMLInputElement).value.trim();
    if (byKey) this.back();
    else this.renaming = false;
    const { id } = this.thread.state.value;
    if (!id || !title) return;
    if (await this.client.conversations.rename(id, title)) this.thread.state.update((state) => ({ ...state, title }));
    else this.tell("toast", { text: t("sidebar.notRenamed"), bad: true });
  }
}

define("causerie-header", Header);
