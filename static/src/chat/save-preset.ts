// Keeps what was chosen for a conversation under a name, for the next ones.
import { css, html, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import texts from "../../locales/en.saving.json";
import { extend, t } from "../core/i18n.js";
import type { Thread } from "../core/thread.js";
import type { CreatePreset, PresetView } from "../core/wire.gen.js";
import { Dialog } from "../ui/dialog.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";

extend(texts);

export class SavePreset extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    css`
      form {
        display: grid;
        gap: 16px;
        margin-block-start: 12px;
      }
      .check {
        display: flex;
        align-items: start;
        gap: 10px;
        font-size: 14px;
      }
      .check input {
        flex: none;
        inline-size: 18px;
        block-size: 18px;
        margin: 1px 0 0;
        accent-color: var(--accent);
      }
      small {
        display: block;
        font-size: 13px;
        color: var(--muted);
      }
    `,
  ];

  @property({ attribute: false }) thread!: Thread;
  @property({ attribute: false }) categories: readonly string[] = [];
  @query("causerie-dialog") private dialog!: Dialog;
  @query('input[type="checkbox"]') private shared!: HTMLInputElement;

  async show(): Promise<void> {
    await this.updateComplete;
    await this.dialog.show();
    this.fields[0]?.focus();
  }

  override render(): TemplateResult {
    const known = this.categories.slice(0, 4).join(", ");
    return html`<causerie-dialog heading=${t("savePreset.title")}>
      <p>${t("savePreset.text")}</p>
      <form novalidate @submit=${this.submitted}>
        ${this.complaint()}
        <causerie-field name="name" label=${t("savePreset.name")} maxlength="100" problem=${this.faults["name"] ?? ""}></causerie-field>
        <causerie-field name="category" label=${t("savePreset.category")} maxlength="100" optional
          hint=${known ? t("savePreset.known", { categories: known }) : ""} problem=${this.faults["category"] ?? ""}></causerie-field>
        <label class="check"><input type="checkbox" /><span>${t("savePreset.shared")}<small>${t("savePreset.sharedText")}</small></span></label>
      </form>
      <button class="button" slot="deeds" type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
      <button class="button primary" slot="deeds" type="button" aria-disabled=${String(this.busy)} @click=${this.submitted}>
        ${this.busy ? t("savePreset.busy") : t("savePreset.submit")}</button>
    </causerie-dialog>`;
  }

  private submitted(event: Event): void {
    event.preventDefault();
    const filled = this.filled();
    if (!filled) return;
    void this.attempt(async () => {
      const preset = await this.client.api.post<PresetView>("/api/presets", this.preset(filled));
      this.dialog.close();
      this.tell("saved", preset);
    });
  }

  private preset({ name = "", category = "" }: Record<string, string>): CreatePreset {
    const { choices, kept } = this.thread.state.value;
    const { instructions = "", ...params } = choices.params ?? {};
    return {
      name: name.trim(),
      ...(category.trim() ? { category: category.trim() } : {}),
      agent: choices.agent ?? kept.agent ?? null,
      model: choices.model ?? kept.model ?? null,
      params,
      instructions,
      shared: this.shared.checked,
    };
  }
}

define("causerie-save-preset", SavePreset);
