// One of a few, all in sight. A radio group: arrow keys move and choose.
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { base, CauserieElement, define } from "./element.js";

export interface Segment {
  id: string;
  label: string;
}

export class Segmented extends CauserieElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
        max-inline-size: 100%;
      }
      .group {
        display: inline-flex;
        flex-wrap: wrap;
        max-inline-size: 100%;
        padding: 2px;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
        background: var(--sunken);
      }
      button {
        min-block-size: calc(var(--control-height) - 6px);
        padding: 0 10px;
        border: 0;
        border-radius: 4px;
        background: none;
        color: var(--muted);
        font-size: 13px;
        font-weight: 500;
        white-space: nowrap;
        transition: background var(--state), color var(--state);
      }
      button:hover {
        color: var(--text);
      }
      button[aria-checked="true"] {
        background: var(--surface);
        color: var(--text);
        box-shadow: 0 0 0 1px var(--control);
      }
      button:focus-visible {
        outline-offset: -2px;
      }
      @media (forced-colors: active) {
        button[aria-checked="true"] {
          background: Highlight;
          color: HighlightText;
          forced-color-adjust: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) options: readonly Segment[] = [];
  @property() value = "";
  @property() label = "";

  override render(): TemplateResult {
    return html`<div class="group" role="radiogroup" aria-label=${this.label} @keydown=${this.walk}>
      ${this.options.map(
        ({ id, label }) => html`<button type="button" role="radio" aria-checked=${String(id === this.value)}
          tabindex=${id === this.value ? "0" : "-1"} @click=${() => this.choose(id)}>${label}</button>`,
      )}
    </div>`;
  }

  private choose(id: string): void {
    if (id !== this.value && this.tell("change", id)) this.value = id;
  }

  private async walk(event: KeyboardEvent): Promise<void> {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.options.findIndex(({ id }) => id === this.value);
    const next = this.options.at((at + step) % this.options.length);
    if (!next) return;
    this.choose(next.id);
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-checked="true"]')?.focus();
  }
}

define("causerie-segmented", Segmented);
