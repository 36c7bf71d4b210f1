// Which model answers: its name, and the list behind it, which is fetched when it is opened.
import { css, html, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import type { ModelsState } from "../core/client.js";
import { t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { place, Toggle } from "../ui/float.js";
import { icon } from "../ui/icon.js";
import { holder } from "../ui/keyboard.js";
import { modelName } from "./words.js";

export class ModelPicker extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      .trigger {
        max-inline-size: min(16rem, 100%);
        color: var(--text);
        font-weight: 500;
      }
      .trigger span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .panel {
        position: fixed;
        inset: auto;
        margin: 0;
        inline-size: min(400px, calc(100vw - 16px));
        padding: 6px;
        border: 0;
        border-radius: var(--radius);
        background: var(--surface);
        color: var(--text);
        box-shadow: var(--shadow);
        overflow: auto;
      }
    `,
  ];

  /** The model chosen; empty: the server's default. */
  @property() value = "";
  @query(".panel") private panel!: HTMLElement;
  @query(".trigger") private trigger!: HTMLElement;
  private readonly toggle = new Toggle();
  private origin: HTMLElement | undefined;
  private readonly models = new StoreController(this, (value: ModelsState) => value);

  override render(): TemplateResult {
    const items = this.models.follow(this.client.models)?.items ?? [];
    const chosen = items.find((model) => model.id === this.value) ?? items.find((model) => model.default);
    const name = chosen ? chosen.title : modelName(this.value, items) || t("model.default");
    return html`
      <button class="quiet trigger" type="button" aria-haspopup="dialog" aria-expanded="false"
        aria-label="${t("model.label")}: ${name}" title=${t("model.choose")} @pointerenter=${this.fetch} @focus=${this.fetch}
        @pointerdown=${() => this.toggle.pressed(this.panel)} @click=${() => this.toggle.clicked(this.panel)}>
        <span>${name}</span>${icon("chevron", 16)}
      </button>
      <div class="panel" popover role="dialog" aria-label=${t("model.choose")} @toggle=${this.toggled}>
        <causerie-model-panel .value=${chosen?.id ?? ""} @causerie-choose=${this.chosen}></causerie-model-panel>
      </div>
    `;
  }

  private readonly fetch = (): void => {
    import("./model-panel.js").catch(() => undefined);
  };

  private async toggled(event: ToggleEvent): Promise<void> {
    const open = event.newState === "open";
    this.trigger.setAttribute("aria-expanded", String(open));
    if (!open) {
      // What was in it keeps the keyboard until it is drawn as gone.
      if (!holder()?.checkVisibility()) this.giveBack();
      return;
    }
    try {
      await import("./model-panel.js");
    } catch {
      this.panel.hidePopover();
      this.tell("toast", { text: t("error.network"), bad: true });
      return;
    }
    const panel = this.renderRoot.querySelector("causerie-model-panel");
    await panel?.opened();
    if (!this.panel.matches(":popover-open")) return;
    place(this.panel, this.trigger, "end");
    panel?.focus();
  }

  /** Opens the list by keyboard, which goes back where it was. */
  open(): void {
    this.origin = holder();
    this.panel.showPopover();
  }

  private giveBack(): void {
    (this.origin?.isConnected ? this.origin : this.trigger).focus();
    this.origin = undefined;
  }

  private chosen(event: CustomEvent<string>): void {
    this.panel.hidePopover();
    this.giveBack();
    this.value = event.detail;
  }
}

define("causerie-model-picker", ModelPicker);
