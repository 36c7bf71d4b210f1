// A secret that is shown once, to be copied.
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { copy } from "../core/clipboard.js";
import { t } from "../core/i18n.js";
import { base, buttons, CauserieElement, define } from "./element.js";
import { icon } from "./icon.js";

export class Once extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        gap: 8px;
        margin-block: 24px;
        padding: 16px;
        border: 1px solid var(--accent);
        border-radius: var(--radius);
        background: var(--accent-soft);
      }
      .secret {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: center;
      }
      code {
        flex: 1 1 220px;
        min-inline-size: 0;
        font: 14px var(--mono);
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property() heading = "";
  @property() value = "";
  @property() copy = "";
  @property() note = "";

  override render(): TemplateResult {
    return html`<div role="status"><strong>${this.heading}</strong></div>
      <div class="secret"><code>${this.value}</code>
        <button class="button small" type="button" @click=${this.take}>${icon("copy", 14)}${this.copy}</button>
      </div>
      <span>${this.note}</span>`;
  }

  private async take(): Promise<void> {
    await copy(this.value);
    this.tell("toast", { text: t("copied") });
  }
}

define("causerie-once", Once);
