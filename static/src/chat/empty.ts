// A chat with nothing in it yet: where to begin, what was talked about last, and, where no provider is
// configured, that the answers are made up. Every part has its room before it is known: nothing jumps.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import type { ModelsState } from "../core/client.js";
import type { ListState } from "../core/conversations.js";
import { locale, t, type Key } from "../core/i18n.js";
import { chatPath } from "../core/route.js";
import { StoreController } from "../core/store.js";
import type { Thread } from "../core/thread.js";
import { full, shortDay } from "../core/time.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { beginnings, type Beginning } from "./beginnings.js";

const DEMOS = ["slow", "long", "fail", "cut"] as const;
const RECENT = 3;

export class Empty extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      /* From above, not from the middle: what comes last is longer or shorter, and moves nothing. */
      :host {
        align-self: start;
        inline-size: 100%;
        padding-block-start: max(0px, 50dvh - 400px);
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
        column-gap: 32px;
      }
      .starters button {
        min-block-size: 92px;
        margin-block-start: -1px;
        display: grid;
        gap: 2px;
        align-content: start;
        padding: 14px 0;
        border: 0;
        border-block: 1px solid var(--line);
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
      .starters strong,
      .starters span {
        display: -webkit-box;
        overflow: hidden;
        overflow-wrap: anywhere;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
      }
      .starters strong {
        -webkit-line-clamp: 1;
      }
      .unknown * {
        visibility: hidden;
      }
      .recent {
        min-block-size: 132px;
        margin-block-start: 20px;
      }
      h3 {
        padding-block: 4px;
        color: var(--muted);
        font-size: 13px;
        font-weight: 500;
      }
      .recent a {
        display: flex;
        align-items: center;
        gap: 16px;
        min-block-size: 34px;
        color: inherit;
        font-size: 14px;
        text-decoration: none;
      }
      .recent a:hover .title {
        color: var(--accent);
      }
      .title {
        flex: 1;
        min-inline-size: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      time {
        flex: none;
        color: var(--muted);
        font-size: 12px;
      }
      @media (max-width: 720px) {
        h2 {
          margin-block-end: 16px;
        }
        .starters button {
          min-block-size: 72px;
          padding-block: 10px;
        }
        .starters span {
          -webkit-line-clamp: 1;
        }
        .recent {
          min-block-size: 98px;
          margin-block-start: 12px;
        }
        .recent li:nth-child(3) {
          display: none;
        }
      }
      .demo {
        min-block-size: 48px;
        margin-block-start: 16px;
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

  @property({ attribute: false }) thread!: Thread;
  @state() private found: readonly Beginning[] | undefined;
  private readonly models = new StoreController(this, (value: ModelsState) => value);
  private readonly list = new StoreController(this, (value: ListState) => value);

  override connectedCallback(): void {
    super.connectedCallback();
    void beginnings(this.client).then((found) => (this.found = found));
  }

  override render(): TemplateResult {
    const state = this.models.follow(this.client.models);
    const usable = state?.items.filter((model) => model.available) ?? [];
    const demo = usable.length > 0 && usable.every((model) => model.demo);
    const recent = this.list.follow(this.client.conversations.state)?.items.slice(0, RECENT) ?? [];
    return html`
      <h2>${t("empty.title")}</h2>
      <div class="starters ${this.found ? "" : "unknown"}">
        ${(this.found ?? Array.from({ length: 4 }, () => undefined)).map((one) =>
          one ? this.starter(one) : html`<button type="button" disabled></button>`,
        )}
      </div>
      <div class="recent">
        ${recent.length
          ? html`<h3 id="recent">${t("empty.recent")}</h3>
              <ul aria-labelledby="recent">${recent.map(
                (one) => html`<li><a href=${chatPath(one.id)}><span class="title" dir="auto">${one.title}</span>
                  <time datetime=${one.updatedAt} title=${full(one.updatedAt, locale())}>${shortDay(one.updatedAt, locale())}</time></a></li>`,
              )}</ul>`
          : nothing}
      </div>
      <p class="demo">${demo
        ? html`<strong>${t("empty.demo")}.</strong> ${t("empty.demoText")}
            ${DEMOS.map(
              (name, index) => html`${index ? ", " : ""}<button type="button"
                @click=${() => this.put(t(`empty.${name}Text` as Key))}>${t(`empty.${name}`)}</button>`,
            )}.`
        : nothing}</p>
    `;
  }

  private starter(one: Beginning): TemplateResult {
    // One's own agent has a name and words of its own; the others have texts of ours.
    const [title, text] = one.own ? [t("empty.ask", { agent: one.own.name }), one.own.description] : [t(`empty.${one.name}`), t(`empty.${one.name}Text`)];
    return html`<button type="button" @click=${() => this.begin(one)}>
      <strong dir="auto">${title}</strong><span dir="auto">${text}</span>
    </button>`;
  }

  private begin(one: Beginning): void {
    if (one.agent) this.thread.sending.choose({ agent: one.agent });
    this.put(one.own ? "" : t(`empty.${one.name}Text`));
  }

  private put(text: string): void {
    this.tell("edit", { text, parts: [] });
  }
}

define("causerie-empty", Empty);
