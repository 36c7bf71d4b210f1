// A small button that copies one text and says so.
import { html, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { copy } from "../core/clipboard.js";
import { t } from "../core/i18n.js";
import { base, buttons, CauserieElement, define } from "./element.js";
import { icon } from "./icon.js";

const SAID_MS = 1_500;

export class Copy extends CauserieElement {
  static override styles = [base, buttons];

  @property() text = "";
  /** What is copied, for those who cannot see what stands beside the button. */
  @property() label = "";
  @state() private done = false;

  override render(): TemplateResult {
    return html`<button class="quiet" type="button" title=${this.label || t("copy")} aria-label=${this.label || t("copy")} @click=${this.copy}>
      ${icon(this.done ? "check" : "copy", 16)}</button>
      <span class="unseen" role="status">${this.done ? t("copied") : ""}</span>`;
  }

  private async copy(): Promise<void> {
    await copy(this.text);
    this.done = true;
    setTimeout(() => (this.done = false), SAID_MS);
  }
}

define("causerie-copy", Copy);
