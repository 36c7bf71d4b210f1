// Asked of whoever leaves a page with something in it that is not saved.
import { html, type TemplateResult } from "lit";
import { query } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, CauserieElement, define } from "../ui/element.js";

export class Unsaved extends CauserieElement {
  static override styles = [base, buttons];

  @query("causerie-dialog") private dialog!: Dialog;
  private leaves = false;

  protected override firstUpdated(): void {
    void this.dialog.show();
  }

  override render(): TemplateResult {
    return html`<causerie-dialog heading=${t("unsaved.title")} @causerie-closed=${() => this.tell("answered", this.leaves)}>
      <p>${t("unsaved.text")}</p>
      <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("unsaved.stay")}</button>
      <button slot="deeds" class="button danger" type="button" @click=${this.leave}>${t("unsaved.leave")}</button>
    </causerie-dialog>`;
  }

  private leave(): void {
    this.leaves = true;
    this.dialog.close();
  }
}

define("causerie-unsaved", Unsaved);
