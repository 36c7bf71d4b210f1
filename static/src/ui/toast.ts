// Short news at the foot of the page, with at most one thing to do about it.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { UNDO_MS } from "../core/patience.js";
import { base, buttons, CauserieElement, define } from "./element.js";
import { icon } from "./icon.js";
import { holder } from "./keyboard.js";

export interface Toast {
  text: string;
  bad?: boolean;
  /** `until`: from then on there is nothing to do any more, and the news is old. */
  action?: { label: string; run(): void; until?: Promise<void> };
}

const STAY_MS = 6_000;

export class Toasts extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        position: fixed;
        inset-block-end: calc(16px + env(safe-area-inset-bottom));
        inset-inline: 0;
        z-index: 10;
        padding-inline: 16px;
        pointer-events: none;
      }
      /* Above the box in which one writes, not on its buttons. */
      :host([raised]) {
        inset-block-end: calc(124px + env(safe-area-inset-bottom));
      }
      .pile {
        display: grid;
        justify-items: center;
        gap: 8px;
      }
      .toast {
        display: flex;
        align-items: center;
        gap: 12px;
        max-inline-size: min(480px, 100%);
        padding: 8px 8px 8px 16px;
        border-radius: var(--radius);
        background: var(--surface);
        box-shadow: var(--shadow);
        pointer-events: auto;
      }
      .bad {
        color: var(--bad);
      }
      .act {
        color: var(--accent);
        font-weight: 600;
      }
    `,
  ];

  /** At the foot of the page stands something that is needed. */
  @property({ type: Boolean, reflect: true }) raised = false;
  @state() private shown: readonly Toast[] = [];
  /** Where the keyboard was when it was sent here. */
  private origin: HTMLElement | undefined;

  /** Reached as a part of the page: what can be done about the newest. */
  override focus(): void {
    if (!this.matches(":focus-within")) this.origin = holder();
    this.renderRoot.querySelector<HTMLElement>(".toast:last-child button")?.focus();
  }

  show(toast: Toast): void {
    this.shown = [...this.shown.slice(-2), toast];
    setTimeout(() => this.drop(toast), toast.action ? UNDO_MS : STAY_MS);
    void toast.action?.until?.then(() => this.drop(toast));
  }

  private drop(toast: Toast): void {
    const inside = this.matches(":focus-within");
    this.shown = this.shown.filter((one) => one !== toast);
    // Whoever came here by key goes back.
    if (inside && this.origin?.isConnected) this.origin.focus();
  }

  override render(): TemplateResult {
    return html`<div class="pile" role="status">
      ${this.shown.map(
        (toast) => html`<div class="toast">
          ${toast.bad ? html`<span class="bad">${icon("alert")}</span>` : nothing}
          <span>${toast.text}</span>
          ${toast.action
            ? html`<button class="quiet act" type="button" @click=${() => {
                toast.action?.run();
                this.drop(toast);
              }}>${toast.action.label}</button>`
            : nothing}
          <button class="quiet" type="button" aria-label=${t("close")} @click=${() => this.drop(toast)}>
            ${icon("close", 16)}
          </button>
        </div>`,
      )}
    </div>`;
  }
}

define("causerie-toasts", Toasts);
