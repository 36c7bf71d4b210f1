// Which model answers, with what it costs beside its name.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import type { ModelsState } from "../core/client.js";
import { locale, t } from "../core/i18n.js";
import { count, price } from "../core/money.js";
import type { ModelInfo } from "../core/resources.js";
import { StoreController } from "../core/store.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { place, Toggle } from "../ui/float.js";
import { icon } from "../ui/icon.js";
import { modelName } from "./words.js";

/** With more models than this a search box is quicker than reading. */
const SEARCH_FROM = 9;

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
        inline-size: min(380px, calc(100vw - 16px));
        padding: 6px;
        border: 0;
        border-radius: var(--radius);
        background: var(--surface);
        color: var(--text);
        box-shadow: var(--shadow);
        overflow: auto;
      }
      input {
        inline-size: 100%;
        block-size: var(--control-height);
        margin-block-end: 6px;
        padding-inline: 10px;
        border: 1px solid var(--control);
        border-radius: var(--radius-small);
        background: var(--surface);
      }
      .option {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 20px;
        gap: 0 8px;
        inline-size: 100%;
        padding: 8px 10px;
        border: 0;
        border-radius: var(--radius-small);
        background: none;
        text-align: start;
      }
      .option:hover:not([aria-disabled="true"]),
      .option:focus-visible {
        background: var(--sunken);
      }
      .option:focus-visible {
        outline-offset: -2px;
      }
      .name {
        font-weight: 500;
        overflow-wrap: anywhere;
      }
      .name small {
        font-size: 12px;
        font-weight: 400;
        color: var(--muted);
      }
      .mark {
        grid-row: span 2;
        align-self: center;
        color: var(--accent);
      }
      .facts {
        font-size: 12px;
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .facts span {
        display: block;
      }
      .option[aria-disabled="true"] {
        cursor: default;
      }
      .option[aria-disabled="true"] .name {
        color: var(--muted);
        font-weight: 400;
      }
      p {
        padding: 8px 10px;
        color: var(--muted);
      }
    `,
  ];

  /** The model chosen; empty: the server's default. */
  @property() value = "";
  @state() private wanted = "";
  @query(".panel") private panel!: HTMLElement;
  @query(".trigger") private trigger!: HTMLElement;
  private readonly toggle = new Toggle();
  private readonly models = new StoreController(this, (value: ModelsState) => value);

  override render(): TemplateResult {
    const known = this.models.follow(this.client.models);
    const items = known?.items ?? [];
    const chosen = items.find((model) => model.id === this.value) ?? items.find((model) => model.default);
    const name = chosen ? chosen.title : modelName(this.value, items) || t("model.default");
    const shown = items.filter((model) => `${model.title} ${model.id}`.toLowerCase().includes(this.wanted));
    return html`
      <button class="quiet trigger" type="button" aria-haspopup="dialog" aria-expanded="false"
        aria-label="${t("model.label")}: ${name}" title=${t("model.choose")}
        @pointerdown=${() => this.toggle.pressed(this.panel)} @click=${() => this.toggle.clicked(this.panel)}>
        <span>${name}</span>${icon("chevron", 16)}
      </button>
      <div class="panel" popover role="dialog" aria-label=${t("model.choose")} @toggle=${this.toggled} @keydown=${this.walk}>
        ${items.length >= SEARCH_FROM
          ? html`<input type="search" aria-label=${t("model.search")} placeholder=${t("model.search")}
              @input=${(event: Event) => (this.wanted = (event.target as HTMLInputElement).value.trim().toLowerCase())} />`
          : nothing}
        <div role="listbox" aria-label=${t("model.label")}>
          ${shown.map((model) => this.option(model, model === chosen))}
        </div>
        ${known?.phase === "failed" ? html`<p>${t("model.failed")}</p>` : nothing}
        ${known?.phase === "ready" && !shown.length ? html`<p>${t("model.none")}</p>` : nothing}
      </div>
    `;
  }

  private option(model: ModelInfo, selected: boolean): TemplateResult {
    const blocked = !model.available ? t("model.unavailable") : model.unpriced ? t("model.unpriced") : undefined;
    const facts = [
      model.prices &&
        t("model.price", { input: price(model.prices.input, locale()), output: price(model.prices.output, locale()) }),
      model.contextTokens && t("model.window", { tokens: count(model.contextTokens, locale()) }),
    ].filter(Boolean);
    return html`<button class="option" type="button" role="option" aria-selected=${String(selected)}
      aria-disabled=${String(!!blocked)} @click=${() => !blocked && this.choose(model.id)}>
      <span class="name">${model.title} <small>${model.provider}</small></span>
      <span class="mark">${selected ? icon("check") : nothing}</span>
      <span class="facts">${blocked ?? facts.map((fact) => html`<span>${fact}</span>`)}</span>
    </button>`;
  }

  private toggled(event: ToggleEvent): void {
    const open = event.newState === "open";
    this.trigger.setAttribute("aria-expanded", String(open));
    if (open) {
      place(this.panel, this.trigger, "end");
      const first = this.panel.querySelector<HTMLElement>('input, [aria-selected="true"]') ?? this.rows()[0];
      first?.focus();
    } else this.wanted = "";
  }

  /** Opens the list by keyboard. */
  open(): void {
    this.panel.showPopover();
  }

  private rows(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>(".option")];
  }

  private walk(event: KeyboardEvent): void {
    const rows = this.rows();
    const at = rows.indexOf((this.renderRoot as ShadowRoot).activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to === undefined || !rows.length) return;
    event.preventDefault();
    rows.at(to % rows.length)?.focus();
  }

  private choose(id: string): void {
    this.panel.hidePopover();
    this.trigger.focus();
    this.value = id;
    this.tell("choose", id);
  }
}

define("causerie-model-picker", ModelPicker);
