// The models to choose from: what each can do, how much it reads, what it costs, and why one cannot
// be chosen now.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import texts from "../../locales/en.models.json";
import type { ModelsState } from "../core/client.js";
import { extend, locale, t, type Key } from "../core/i18n.js";
import { count, price } from "../core/money.js";
import type { ModelInfo } from "../core/resources.js";
import { StoreController } from "../core/store.js";
import { base, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";

extend(texts);

/** With more models than this a search box is quicker than reading. */
const SEARCH_FROM = 6;

const ABILITIES: Readonly<Record<string, Key>> = {
  vision: "model.vision",
  reasoning: "model.reasoning",
  tools: "model.tools",
  json: "model.json",
};

/** What it can do beside writing, in words. */
export function abilities(model: ModelInfo): string {
  return Object.entries(ABILITIES)
    .filter(([name]) => model.capabilities.includes(name))
    .map(([, key]) => t(key))
    .join(" · ");
}

/** Why it cannot be chosen now. */
export function obstacle(model: ModelInfo): string | undefined {
  if (model.paused) return t("model.paused");
  if (model.unpriced) return t("model.unpriced");
  return model.available ? undefined : t("model.unavailable");
}

export class ModelPanel extends ClientElement {
  static override styles = [
    base,
    css`
      input {
        position: sticky;
        inset-block-start: 0;
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
        padding: 8px 10px;
        border-radius: var(--radius-small);
        cursor: pointer;
      }
      .option.at {
        background: var(--sunken);
        outline: 2px solid var(--accent);
        outline-offset: -2px;
      }
      .option:hover {
        background: var(--sunken);
      }
      .name {
        font-weight: 500;
        overflow-wrap: anywhere;
      }
      small {
        font-size: 12px;
        font-weight: 400;
        color: var(--muted);
      }
      .demo {
        margin-inline-start: 4px;
        padding: 1px 6px;
        border-radius: var(--radius-small);
        background: var(--warn-soft);
        color: var(--warn);
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
      [role="listbox"]:focus-visible {
        outline: none;
      }
      @media (pointer: coarse) {
        input {
          font-size: 16px;
        }
      }
    `,
  ];

  @property() value = "";
  @state() private wanted = "";
  /** Where the arrow keys are. */
  @state() private at = "";
  @query("input") private input: HTMLInputElement | undefined;
  @query('[role="listbox"]') private list!: HTMLElement;
  private readonly models = new StoreController(this, (value: ModelsState) => value);

  /** Begins anew: nothing searched for, at the model chosen. */
  async opened(): Promise<void> {
    this.wanted = "";
    this.at = this.value;
    await this.updateComplete;
    if (this.input) this.input.value = "";
  }

  override focus(): void {
    (this.input ?? this.list).focus();
    this.show();
  }

  private get shown(): readonly ModelInfo[] {
    const wanted = this.wanted.toLowerCase();
    return this.client.models.value.items.filter((model) =>
      `${model.title} ${model.id} ${abilities(model)}`.toLowerCase().includes(wanted),
    );
  }

  override render(): TemplateResult {
    const known = this.models.follow(this.client.models);
    const { shown } = this;
    const active = shown.some(({ id }) => id === this.at) ? `o${shown.findIndex(({ id }) => id === this.at)}` : nothing;
    return html`<div @keydown=${this.key}>
      ${(known?.items.length ?? 0) >= SEARCH_FROM
        ? html`<input type="search" role="combobox" aria-expanded="true" aria-controls="list" aria-activedescendant=${active}
            aria-label=${t("model.search")} placeholder=${t("model.search")} @input=${this.search} />`
        : nothing}
      <div role="listbox" id="list" tabindex="0" aria-label=${t("model.label")} aria-activedescendant=${active}>
        ${shown.map((model, index) => this.option(model, index))}
      </div>
      ${known?.phase === "failed" ? html`<p role="alert">${t("model.failed")}</p>` : nothing}
      ${known?.phase === "ready" && !shown.length ? html`<p role="status">${t("model.none")}</p>` : nothing}
    </div>`;
  }

  private option(model: ModelInfo, index: number): TemplateResult {
    const selected = model.id === this.value;
    const why = obstacle(model);
    const facts = why
      ? [why]
      : [
          model.prices &&
            t("model.price", { input: price(model.prices.input, locale()), output: price(model.prices.output, locale()) }),
          t("model.window", { tokens: count(model.contextTokens, locale()) }),
          abilities(model),
        ].filter(Boolean);
    return html`<div class="option ${model.id === this.at ? "at" : ""}" id="o${index}" role="option"
      aria-selected=${String(selected)} aria-disabled=${String(!!why)} @click=${() => this.choose(model)}>
      <span class="name">${model.title} <small>${model.provider}</small>${model.demo
        ? html` <small class="demo">${t("model.demo")}</small>`
        : nothing}</span>
      <span class="mark">${selected ? icon("check") : nothing}</span>
      <span class="facts">${facts.map((fact) => html`<span>${fact}</span>`)}</span>
    </div>`;
  }

  private search(): void {
    this.wanted = this.input?.value.trim() ?? "";
    this.at = this.shown.find((model) => !obstacle(model))?.id ?? "";
  }

  private key(event: KeyboardEvent): void {
    const { shown } = this;
    const at = shown.findIndex(({ id }) => id === this.at);
    if (event.key === "Enter") {
      event.preventDefault();
      const model = shown[at];
      if (model) this.choose(model);
      return;
    }
    const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
    // Home and End belong to what is searched for, while something is.
    if (to === undefined || !shown.length || (this.wanted && /Home|End/.test(event.key))) return;
    event.preventDefault();
    this.at = shown.at(to % shown.length)?.id ?? "";
    this.show();
  }

  private show(): void {
    void this.updateComplete.then(() => this.renderRoot.querySelector(".at")?.scrollIntoView({ block: "nearest" }));
  }

  private choose(model: ModelInfo): void {
    if (!obstacle(model)) this.tell("choose", model.id);
  }
}

define("causerie-model-panel", ModelPanel);

declare global {
  interface HTMLElementTagNameMap {
    "causerie-model-panel": ModelPanel;
  }
}
