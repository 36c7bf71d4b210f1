// One conversation in the list: its title, what it has cost, and what can be done with it.
import { css, html, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { isComposing } from "../core/keys.js";
import { credits, isZero, usd } from "../core/money.js";
import type { Conversation } from "../core/resources.js";
import { chatPath } from "../core/route.js";
import { full } from "../core/time.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import "../ui/menu.js";

export class SidebarRow extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      .row {
        position: relative;
        display: flex;
        align-items: center;
        min-block-size: 34px;
        border-radius: var(--radius-small);
        transition: background var(--state);
      }
      .row:hover,
      .row:focus-within {
        background: color-mix(in oklab, var(--text) 6%, transparent);
      }
      .selected {
        background: color-mix(in oklab, var(--text) 9%, transparent);
      }
      a {
        display: flex;
        flex: 1;
        flex-wrap: wrap;
        align-items: baseline;
        align-content: center;
        gap: 8px;
        min-inline-size: 0;
        min-block-size: 34px;
        padding-inline: 8px;
        border-radius: var(--radius-small);
        color: inherit;
        font-size: 14px;
        text-decoration: none;
      }
      a:focus-visible {
        outline-offset: -2px;
      }
      .title {
        flex: 1;
        min-inline-size: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .selected .title {
        font-weight: 500;
      }
      .cost {
        font-size: 12px;
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .dot {
        flex: none;
        align-self: center;
        inline-size: 7px;
        block-size: 7px;
        border-radius: 50%;
        background: var(--accent);
      }
      .dot.running {
        animation: breathe 1.6s ease-in-out infinite;
      }
      .fresh .title {
        font-weight: 600;
      }
      @keyframes breathe {
        50% {
          opacity: 0.25;
        }
      }
      causerie-menu {
        flex: none;
        inline-size: 0;
        opacity: 0;
        overflow: hidden;
      }
      .row:hover causerie-menu,
      .row:focus-within causerie-menu,
      causerie-menu:focus-within {
        inline-size: auto;
        opacity: 1;
        overflow: visible;
      }
      .row:hover .cost,
      .row:focus-within .cost {
        display: none;
      }
      @media (hover: none) {
        causerie-menu {
          inline-size: auto;
          opacity: 1;
        }
      }
      input {
        inline-size: 100%;
        block-size: 34px;
        padding-inline: 7px;
        border: 1px solid var(--accent);
        border-radius: var(--radius-small);
        background: var(--surface);
        font-size: 14px;
      }
    `,
  ];

  @property({ attribute: false }) row!: Conversation;
  @property({ type: Boolean }) selected = false;
  @property({ type: Boolean }) running = false;
  /** An answer has ended here while something else was looked at. */
  @property({ type: Boolean }) unseen = false;
  /** Tab leads to it. */
  @property({ type: Boolean }) current = false;
  @state() private renaming = false;

  /** Its name is being written: keys are text. */
  get busy(): boolean {
    return this.renaming;
  }

  override focus(): void {
    this.renderRoot.querySelector("a")?.focus();
  }

  override render(): TemplateResult {
    const { row } = this;
    const tab = this.current ? 0 : -1;
    const title = row.title || t("sidebar.untitled");
    if (this.renaming) {
      return html`<input .value=${title} maxlength="200" dir="auto" aria-label=${t("sidebar.renameLabel")}
        @keydown=${this.key} @blur=${this.renamed} />`;
    }
    return html`<div class="row ${this.selected ? "selected" : ""} ${this.unseen ? "fresh" : ""}">
      <a href=${chatPath(row.id)} tabindex=${tab} aria-current=${this.selected ? "page" : "false"} title="${title}, ${full(row.updatedAt, locale())}">
        ${this.running
          ? html`<span class="dot running" role="img" aria-label=${t("sidebar.running")} title=${t("sidebar.running")}></span>`
          : this.unseen
            ? html`<span class="dot" role="img" aria-label=${t("sidebar.unseen")} title=${t("sidebar.unseen")}></span>`
            : ""}
        <span class="title" dir="auto">${title}</span>
        ${isZero(row.charged)
          ? ""
          : html`<span class="cost" title=${usd(row.costUsd, locale())}>${t("sidebar.cost", { credits: credits(row.charged, locale()) })}</span>`}
      </a>
      <causerie-menu label=${t("sidebar.options", { title })} @causerie-choose=${this.chosen}
        .items=${[
          { id: "rename", label: t("sidebar.rename"), icon: "pencil" },
          { id: "delete", label: t("sidebar.delete"), icon: "trash", danger: true },
        ]}>
        <button slot="trigger" class="quiet" type="button" tabindex=${tab} aria-label=${t("sidebar.options", { title })}>${icon("more")}</button>
      </causerie-menu>
    </div>`;
  }

  private async chosen(event: CustomEvent<string>): Promise<void> {
    event.stopPropagation();
    if (event.detail === "delete") this.leave();
    else await this.rename();
  }

  leave(): void {
    this.tell("delete", this.row.id);
  }

  async rename(): Promise<void> {
    this.renaming = true;
    await this.updateComplete;
    this.renderRoot.querySelector("input")?.select();
  }

  private key(event: KeyboardEvent): void {
    if (isComposing(event) || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") void this.renamed(event);
    this.renaming = false;
    // The focus returns to the row it came from.
    void this.updateComplete.then(() => this.focus());
  }

  private async renamed(event: Event): Promise<void> {
    if (!this.renaming) return;
    const title = (event.target as HTMLInputElement).value.trim();
    this.renaming = false;
    if (!title || (await this.client.conversations.rename(this.row.id, title))) return;
    this.tell("toast", { text: t("sidebar.notRenamed"), bad: true });
  }
}

define("causerie-sidebar-row", SidebarRow);
