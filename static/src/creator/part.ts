// One part of an answer: a heading, what it says, and a button that copies just that.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import "../ui/copy.js";
import { base, CauserieElement, define } from "../ui/element.js";

export class Part extends CauserieElement {
  static override styles = [
    base,
    css`
      section {
        padding-block: 14px;
        border-block-start: 1px solid var(--line);
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 12px;
        min-block-size: 28px;
        margin-block-end: 4px;
      }
      h3 {
        font-size: 13px;
        font-weight: 600;
        color: var(--muted);
      }
      .side {
        display: flex;
        align-items: center;
        gap: 4px;
      }
      :host([first]) section {
        border-block-start: 0;
        padding-block-start: 0;
      }
    `,
  ];

  @property() heading = "";
  /** What its button copies; empty: there is none. */
  @property() copy = "";
  @property({ type: Boolean, reflect: true }) first = false;

  override render(): TemplateResult {
    return html`<section>
      <header>
        <h3>${this.heading}</h3>
        <div class="side"><slot name="side"></slot>
          ${this.copy ? html`<causerie-copy .text=${this.copy} label=${t("creator.copyPart", { part: this.heading })}></causerie-copy>` : nothing}
        </div>
      </header>
      <slot></slot>
    </section>`;
  }
}

define("causerie-part", Part);
