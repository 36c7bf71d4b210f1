// Where the controls stand: beside the thread where there is room, else over it as a sheet.
import { css, html, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { Thread } from "../core/thread.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import "./controls.js";

/** Room for the list, the thread and the controls beside each other. */
const WIDE_PX = 1_100;
const isShown = (value: unknown): value is boolean => typeof value === "boolean";

export class ControlsFrame extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        min-inline-size: 0;
        min-block-size: 0;
      }
      aside {
        inline-size: 300px;
        block-size: 100%;
        border-inline-start: 1px solid var(--line);
        overflow-y: auto;
        scrollbar-width: thin;
      }
      dialog {
        inline-size: min(360px, 92vw);
        block-size: 100dvh;
        max-block-size: 100dvh;
        margin: 0;
        margin-inline-start: auto;
        padding: 0;
        border: 0;
        background: var(--canvas);
        color: var(--text);
        box-shadow: var(--shadow);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 40%);
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        block-size: var(--header);
        padding-inline: 16px 8px;
        border-block-end: 1px solid var(--line);
      }
      h2 {
        font-size: 15px;
        font-weight: 600;
      }
    `,
  ];

  @property({ attribute: false }) thread!: Thread;
  @state() private wide = innerWidth >= WIDE_PX;
  @state() private shown = true;
  /** On a narrow screen: it is open. */
  @state() private sheet = false;
  @query("dialog") private dialog: HTMLDialogElement | undefined;
  private readonly room = new ResizeObserver(([box]) => {
    if (box) this.wide = box.contentRect.width >= WIDE_PX;
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.shown = this.client.shelf.read("controls", isShown) ?? true;
    // The chat's own width: it may stand in a box of another page.
    const root = this.getRootNode();
    if (root instanceof ShadowRoot) this.room.observe(root.host);
  }

  override disconnectedCallback(): void {
    this.room.disconnect();
    super.disconnectedCallback();
  }

  /** Shows or hides them; on a narrow screen it opens the sheet. */
  toggle(): void {
    if (!this.wide) {
      this.sheet = true;
      void this.updateComplete.then(() => this.dialog?.showModal());
      return;
    }
    this.shown = !this.shown;
    this.client.shelf.write("controls", this.shown);
  }

  override render(): TemplateResult {
    if (this.wide) {
      return this.shown
        ? html`<aside aria-label=${t("controls.label")}><causerie-controls .thread=${this.thread}></causerie-controls></aside>`
        : html``;
    }
    if (!this.sheet) return html``;
    return html`<dialog aria-labelledby="heading" @click=${this.outside} @close=${() => (this.sheet = false)}>
      <header>
        <h2 id="heading">${t("controls.label")}</h2>
        <button class="quiet" type="button" aria-label=${t("close")} title=${t("close")} @click=${this.close}>${icon("close")}</button>
      </header>
      <causerie-controls .thread=${this.thread}></causerie-controls>
    </dialog>`;
  }

  private readonly close = (): void => this.dialog?.close();

  /** A press on the veil is one on the dialog itself, beside everything in it. */
  private outside(event: MouseEvent): void {
    if (event.target !== this.dialog) return;
    const box = this.dialog?.getBoundingClientRect();
    if (box && (event.clientX < box.left || event.clientX > box.right)) this.close();
  }
}

define("causerie-controls-frame", ControlsFrame);
