// The base of pages that keep a list of things: read one after the other, changed in a form that
// takes the list's place, deleted with a way back.
import { html, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { ClientElement } from "./element.js";
import { Leaving } from "./leaving.js";

export abstract class KeptPage<T extends { id: string }> extends ClientElement {
  /** What is in the form; `null`: something new. */
  @state() protected editing: T | null | undefined;
  protected readonly leaving = new Leaving(this, () => this.reload());

  protected abstract reload(): unknown;

  protected async edit(item: T | null): Promise<void> {
    this.editing = item;
    await this.updateComplete;
    scrollTo({ top: 0 });
  }

  /** Back to the list, and to the button that led away from it. */
  protected readonly left = (): Promise<void> => this.back();

  protected async back(): Promise<void> {
    const id = this.editing?.id;
    this.editing = undefined;
    await this.updateComplete;
    const button = (id && this.renderRoot.querySelector<HTMLElement>(`[data-id="${id}"]`)) || this.renderRoot.querySelector<HTMLElement>("#new");
    button?.focus();
  }

  protected readonly saved = async (): Promise<void> => {
    await this.reload();
    await this.back();
  };

  /** What stands where nothing is kept yet: what it is good for, and the first step. */
  protected empty(text: string): TemplateResult {
    return html`<p class="muted rows">${text}</p>`;
  }

  protected newButton(label: string): TemplateResult {
    return html`<p class="more"><button class="button primary" id="new" type="button" @click=${() => void this.edit(null)}>${label}</button></p>`;
  }

  protected rowDeeds(item: T, name: string, remove: () => void): TemplateResult {
    return html`<button class="button small" type="button" data-id=${item.id} aria-label=${t("kept.editLabel", { name })}
        @click=${() => void this.edit(item)}>${t("kept.edit")}</button>
      <button class="button small" type="button" aria-label=${t("kept.deleteLabel", { name })} @click=${remove}>${t("kept.delete")}</button>`;
  }
}
