// Where one can begin: the tools, and for somebody brand new the first steps in order.
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t, type Key } from "../core/i18n.js";
import { base, buttons, CauserieElement, define } from "../ui/element.js";
import { icon, type IconName } from "../ui/icon.js";

interface Start {
  href: string;
  sign: IconName;
  title: Key;
  text: Key;
}

const TOOLS: readonly Start[] = [
  { href: "/chat", sign: "chat", title: "dashboard.chat", text: "dashboard.chatText" },
  { href: "/write", sign: "pencil", title: "page.write", text: "dashboard.writeText" },
  { href: "/creator/fans", sign: "heart", title: "page.fans", text: "dashboard.fansText" },
  { href: "/creator/captions", sign: "hash", title: "page.captions", text: "dashboard.captionsText" },
  { href: "/creator/sales", sign: "tag", title: "page.sales", text: "dashboard.salesText" },
  { href: "/creator/insights", sign: "spark", title: "page.insights", text: "dashboard.insightsText" },
];

const STEPS: readonly Start[] = [
  { href: "/chat", sign: "chat", title: "dashboard.stepAsk", text: "dashboard.stepAskText" },
  { href: "/settings", sign: "sliders", title: "dashboard.stepVoice", text: "dashboard.stepVoiceText" },
  { href: "/creator/fans", sign: "heart", title: "dashboard.stepFans", text: "dashboard.stepFansText" },
  { href: "/usage", sign: "gauge", title: "dashboard.stepLimit", text: "dashboard.stepLimitText" },
];

export class Starts extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      :is(ul, ol) {
        display: grid;
        gap: 8px 12px;
      }
      ul {
        grid-template-columns: repeat(3, minmax(0, 1fr));
      }
      a {
        display: grid;
        grid-template-columns: 20px minmax(0, 1fr);
        gap: 0 10px;
        align-content: start;
        align-items: start;
        block-size: 100%;
        min-block-size: 60px;
        padding: 10px 12px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
        color: inherit;
        text-decoration: none;
        transition: background var(--state);
      }
      a:hover {
        background: var(--sunken);
      }
      svg,
      .number {
        color: var(--accent);
      }
      .number {
        font-weight: 600;
        text-align: center;
      }
      .title {
        font-weight: 500;
      }
      .text {
        grid-column: 2;
        color: var(--muted);
        font-size: 13px;
      }
      @media (max-width: 560px) {
        ul {
          grid-template-columns: repeat(2, minmax(0, 1fr));
        }
        ul .text {
          display: none;
        }
        ul a {
          min-block-size: 52px;
          padding-block: 14px;
        }
      }
    `,
  ];

  /** The first steps instead of the tools. */
  @property({ type: Boolean }) steps = false;

  override render(): TemplateResult {
    return this.steps
      ? html`<ol>${STEPS.map((one, at) => html`<li>${this.link(one, html`<span class="number figure" aria-hidden="true">${at + 1}</span>`)}</li>`)}</ol>`
      : html`<ul>${TOOLS.map((one) => html`<li>${this.link(one, icon(one.sign))}</li>`)}</ul>`;
  }

  private link({ href, title, text }: Start, sign: unknown): TemplateResult {
    return html`<a href=${href}>${sign}<span class="title">${t(title)}</span><span class="text">${t(text)}</span></a>`;
  }
}

define("causerie-starts", Starts);
