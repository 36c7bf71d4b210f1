// A chat with nothing in it yet: where to begin, and, where no provider is configured, that the
// answers are made up and how to see the meter at work.
import { css, html, nothing, type TemplateResult } from "lit";

import type { ModelsState } from "../core/client.js";
import { t, type Key } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";

const STARTERS = [1, 2, 3, 4] as const;
const DEMOS = ["slow", "long", "fail", "cut"] as const;

export class Empty extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        inline-size: 100%;
      }
      h2 {
        margin-block-end: 24px;
        font-size: 22px;
        font-weight: 600;
        letter-spacing: -0.01em;
        text-wrap: balance;
      }
      .starters {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr));
        border-block-start: 1px solid var(--line);
        column-gap: 32px;
      }
      .starters button {
        display: grid;
        gap: 2px;
        align-content: start;
        padding: 14px 0;
        border: 0;
        border-block-end: 1px solid var(--line);
        background: none;
        text-align: start;
        transition: color var(--state);
      }
      .starters strong {
        font-weight: 600;
      }
      .starters span {
        color: var(--muted);
        font-size: 14px;
      }
      .starters button:hover strong {
        color: var(--accent);
      }
      .demo {
        margin-block-start: 28px;
        font-size: 14px;
        color: var(--muted);
      }
      .demo strong {
        color: var(--text);
        font-weight: 600;
      }
      .demo button {
        padding: 0;
        border: 0;
        background: none;
        color: var(--accent);
        text-decoration: underline;
        text-underline-offset: 0.18em;
        text-decoration-thickness: 1px;
        min-block-size: 24px;
      }
    `,
  ];

  private readonly models = new StoreController(this, (value: ModelsState) => value);

  override render(): TemplateResult {
    const state = this.models.follow(this.client.models);
    const usable = state?.items.filter((model) => model.available) ?? [];
    const demo = usable.length > 0 && usable.every((model) => model.demo);
    return html`
      <h2>${t("empty.title")}</h2>
      <div class="starters">
        ${STARTERS.map(
          (n) => html`<button type="button" @click=${() => this.put(`empty.starter${n}Text`)}>
            <strong>${t(`empty.starter${n}`)}</strong><span>${t(`empty.starter${n}Text`)}</span>
          </button>`,
        )}
      </div>
      ${demo
        ? html`<p class="demo"><strong>${t("empty.demo")}.</strong> ${t("empty.demoText")}
            ${DEMOS.map(
              (name, index) => html`${index ? ", " : ""}<button type="button"
                @click=${() => this.put(`empty.${name}Text`)}>${t(`empty.${name}`)}</button>`,
            )}.</p>`
        : nothing}
    `;
  }

  private put(key: Key): void {
    this.tell("edit", t(key));
  }
}

define("causerie-empty", Empty);
