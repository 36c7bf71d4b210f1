// The base of forms that show what is kept on the server and save it as a whole: what is typed stays
// until it is saved, and nobody leaves it behind without being asked.
import { html, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { noteUnsaved } from "../core/unsaved.js";
import { FormElement, type Control } from "./form.js";

export class DraftForm<T extends object> extends FormElement {
  @state() protected draft!: T;
  /** Counts beginnings: fields are made anew with each, by `keyed`. */
  @state() protected round = 0;
  private kept: T | undefined;

  override disconnectedCallback(): void {
    noteUnsaved(this, false);
    super.disconnectedCallback();
  }

  protected override updated(): void {
    noteUnsaved(this, this.dirty);
  }

  get dirty(): boolean {
    return this.kept !== undefined && JSON.stringify(this.draft) !== JSON.stringify(this.kept);
  }

  /** Shows what is kept. */
  protected begin(value: T): void {
    this.settle(value);
    this.round++;
    this.faults = {};
    this.problem = "";
  }

  /** It is saved as it stands: nothing is drawn anew, the focus stays. */
  protected settle(value: T): void {
    this.kept = value;
    this.draft = { ...value };
  }

  protected put(change: Partial<T>): void {
    this.draft = { ...this.draft, ...change };
  }

  /** Whatever a field of that name says. */
  protected readonly typed = (event: Event): void => {
    const { name, value } = event.target as Control;
    if (name && name in this.draft) this.put({ [name]: value } as Partial<T>);
  };

  /** Save, and back to what is kept. */
  protected deeds(save: string): TemplateResult {
    return html`<div class="line">
      <button class="button primary" type="submit" ?disabled=${this.busy}>${save}</button>
      <button class="button" type="button" ?hidden=${!this.dirty || this.busy} @click=${this.discard}>${t("settings.discard")}</button>
    </div>`;
  }

  /** Save, and back to where the form came from. */
  protected closing(save: string): TemplateResult {
    return html`<div class="line">
      <button class="button primary" type="submit" ?disabled=${this.busy}>${save}</button>
      <button class="button" type="button" @click=${() => this.tell("left")}>${t("cancel")}</button>
    </div>`;
  }

  private readonly discard = (): void => {
    if (this.kept) this.begin(this.kept);
  };
}
