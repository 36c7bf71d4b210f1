// Something small that was added and can be taken away again: a file, a filter. It may be on its way.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { base, buttons, CauserieElement, define } from "./element.js";
import { icon, type IconName } from "./icon.js";

export class Chip extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: inline-block;
        max-inline-size: 100%;
      }
      .chip {
        position: relative;
        display: flex;
        align-items: center;
        gap: 8px;
        max-inline-size: 100%;
        min-block-size: 34px;
        padding-inline: 10px 4px;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
        background: var(--sunken);
        font-size: 13px;
        overflow: hidden;
      }
      .chip.bad {
        border-color: var(--bad);
        background: var(--bad-soft);
      }
      .chip > svg {
        color: var(--muted);
      }
      .name {
        min-inline-size: 0;
        max-inline-size: 14rem;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .detail {
        color: var(--muted);
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .bad .detail {
        color: var(--bad);
        white-space: normal;
      }
      .way {
        position: absolute;
        inset-block-end: 0;
        inset-inline-start: 0;
        block-size: 2px;
        inline-size: var(--part, 0%);
        background: var(--accent);
        transition: inline-size var(--place);
      }
      slot {
        display: contents;
      }
    `,
  ];

  @property() label = "";
  @property() detail = "";
  @property() icon: IconName = "clip";
  @property() removal = "";
  @property({ type: Boolean }) bad = false;
  /** How far it is, 0…1; absent: it is there. */
  @property({ type: Number }) progress: number | undefined;

  override render(): TemplateResult {
    return html`<div class="chip ${this.bad ? "bad" : ""}">
      ${icon(this.icon, 16)}<bdi class="name" title=${this.label}>${this.label}</bdi>
      <span class="detail">${this.detail}</span><slot></slot>
      ${this.removal
        ? html`<button class="quiet" type="button" aria-label=${this.removal} title=${this.removal}
            @click=${() => this.tell("remove")}>${icon("close", 16)}</button>`
        : nothing}
      ${this.progress === undefined ? nothing : html`<span class="way"></span>`}
    </div>`;
  }

  override updated(): void {
    const way = this.renderRoot.querySelector<HTMLElement>(".way");
    way?.style.setProperty("--part", `${Math.round((this.progress ?? 1) * 100)}%`);
  }
}

define("causerie-chip", Chip);
