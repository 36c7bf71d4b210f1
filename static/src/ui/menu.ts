// A button that opens a short list of things to do. Arrow keys walk it, Escape gives focus back.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { base, buttons, CauserieElement, define } from "./element.js";
import { place, Toggle } from "./float.js";
import { icon, type IconName } from "./icon.js";

export interface MenuItem {
  id: string;
  label: string;
  icon?: IconName;
  danger?: boolean;
  /** A link instead of a deed. */
  href?: string;
  checked?: boolean;
  /** A hairline above. */
  apart?: boolean;
  /** The last one, which stays in sight where the others need to scroll. */
  stays?: boolean;
}

export class Menu extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: inline-block;
      }
      .panel {
        position: fixed;
        inset: auto;
        margin: 0;
        min-inline-size: 200px;
        max-inline-size: min(320px, calc(100vw - 16px));
        padding: 6px;
        border: 0;
        border-radius: var(--radius);
        background: var(--surface);
        color: var(--text);
        box-shadow: var(--shadow);
        overflow: auto;
        scrollbar-width: thin;
      }
      .panel:has(.stays) {
        /* An item that has the keyboard is not to lie behind it. */
        scroll-padding-block-end: calc(var(--control-height) + 19px);
      }
      .stays {
        position: sticky;
        inset-block-end: -6px;
        margin-block: 6px -6px;
        padding-block-end: 6px;
        background: var(--surface);
      }
      .stays hr {
        margin-block-start: 0;
      }
      .item {
        display: flex;
        align-items: center;
        gap: 10px;
        inline-size: 100%;
        min-block-size: var(--control-height);
        padding: 4px 10px;
        border: 0;
        border-radius: var(--radius-small);
        background: none;
        text-align: start;
        text-decoration: none;
        color: inherit;
      }
      .item svg {
        color: var(--muted);
      }
      .item:hover,
      .item:focus-visible {
        background: var(--sunken);
      }
      .item:focus-visible {
        outline-offset: -2px;
      }
      .danger,
      .danger svg {
        color: var(--bad);
      }
      .mark {
        margin-inline-start: auto;
        color: var(--accent);
      }
      hr {
        margin: 6px 4px;
        border: 0;
        border-block-start: 1px solid var(--line);
      }
      .trigger {
        display: flex;
        min-inline-size: 0;
      }
    `,
  ];

  @property({ attribute: false }) items: readonly MenuItem[] = [];
  @property() label = "";
  @property() align: "start" | "end" = "end";
  private readonly toggle = new Toggle();
  private anchor: HTMLElement | undefined;
  @query(".panel") private panel!: HTMLElement;
  @query(".trigger") private trigger!: HTMLElement;

  override render(): TemplateResult {
    return html`
      <slot name="trigger" class="trigger" @pointerdown=${() => this.toggle.pressed(this.panel)} @click=${this.clicked} @slotchange=${this.mark}></slot>
      <div class="panel" popover role="menu" aria-label=${this.label}
        @toggle=${this.toggled} @keydown=${this.walk}>
        <slot name="head"></slot>
        ${this.items.map((item) => this.row(item))}
      </div>
    `;
  }

  private row(item: MenuItem): TemplateResult {
    const role = item.checked === undefined ? "menuitem" : "menuitemradio";
    const inside = html`${item.icon ? icon(item.icon) : nothing}<span>${item.label}</span>
      ${item.checked ? html`<span class="mark">${icon("check")}</span>` : nothing}`;
    const kind = `item ${item.danger ? "danger" : ""}`;
    const row = html`${item.apart ? html`<hr />` : nothing}${item.href
      ? html`<a class=${kind} role="menuitem" tabindex="-1" href=${item.href} @click=${this.close}>${inside}</a>`
      : html`<button class=${kind} role=${role} tabindex="-1" type="button"
          aria-checked=${item.checked === undefined ? nothing : String(item.checked)}
          @click=${() => this.choose(item)}>${inside}</button>`}`;
    return item.stays ? html`<div class="stays">${row}</div>` : row;
  }

  /** Opens at a button that is not its own; `causerie-closed` says when it is done. */
  openAt(anchor: HTMLElement): void {
    this.anchor = anchor;
    this.panel.showPopover();
    this.enter();
  }

  private clicked(): void {
    this.toggle.clicked(this.panel);
    if (this.panel.matches(":popover-open")) this.enter();
  }

  /** At once: the next key is for the list already. */
  private enter(): void {
    place(this.panel, this.button ?? this.trigger, this.align);
    this.rows()[0]?.focus();
  }

  private get button(): HTMLElement | undefined {
    if (this.anchor) return this.anchor;
    const slot = this.renderRoot.querySelector<HTMLSlotElement>('slot[name="trigger"]');
    return slot?.assignedElements()[0] as HTMLElement | undefined;
  }

  private mark(): void {
    this.button?.setAttribute("aria-haspopup", "menu");
    this.button?.setAttribute("aria-expanded", "false");
  }

  readonly close = (): void => this.panel.hidePopover();

  private toggled(event: ToggleEvent): void {
    const open = event.newState === "open";
    this.button?.setAttribute("aria-expanded", String(open));
    if (!open && this.renderRoot instanceof ShadowRoot && this.renderRoot.activeElement) this.button?.focus();
    if (!open) this.tell("closed");
  }

  private rows(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>(".item")];
  }

  private walk(event: KeyboardEvent): void {
    const rows = this.rows();
    const at = rows.indexOf((this.renderRoot as ShadowRoot).activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      rows.at(to % rows.length)?.focus();
    } else if (event.key === "Tab") this.close();
  }

  private choose(item: MenuItem): void {
    this.close();
    this.button?.focus();
    this.tell("choose", item.id);
  }
}

define("causerie-menu", Menu);
