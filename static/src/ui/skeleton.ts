// Room for something that is on its way: so high from the first moment, drawn after 200 ms.
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { base, CauserieElement, define } from "./element.js";

export class Skeleton extends CauserieElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 20px;
        padding-block: 14px;
      }
      i {
        block-size: 12px;
        border-radius: 6px;
        background: color-mix(in oklab, var(--text) 8%, transparent);
        animation: appear 200ms 200ms backwards;
      }
      i:nth-child(3n + 1) {
        inline-size: 72%;
      }
      i:nth-child(3n + 2) {
        inline-size: 54%;
      }
      i:nth-child(3n) {
        inline-size: 63%;
      }
      @keyframes appear {
        from {
          opacity: 0;
        }
      }
    `,
  ];

  @property({ type: Number }) lines = 3;

  override render(): TemplateResult {
    return html`<span class="unseen" role="status">${t("loading")}…</span>
      ${Array.from({ length: this.lines }, () => html`<i></i>`)}`;
  }
}

define("causerie-skeleton", Skeleton);
