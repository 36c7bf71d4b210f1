// Provider calls one by one, each with what stands on its receipt. What is asked for comes from above.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { ModelsState } from "../core/client.js";
import { locale, t } from "../core/i18n.js";
import { count, credits, isZero, usd } from "../core/money.js";
import { StoreController } from "../core/store.js";
import { full } from "../core/time.js";
import type { AgentList, UsageCall, UsageCallPage } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { ListLoader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import "../ui/skeleton.js";
import { nameOf } from "./call-names.js";
import { keepFresh } from "./fresh.js";
import { utcMoment } from "./step-names.js";

const PAGE = "10";

export class UsageCalls extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    css`
      li {
        border-block-end: 1px solid var(--line);
        font-variant-numeric: tabular-nums;
      }
      .head {
        display: grid;
        grid-template-columns: minmax(9.5em, max-content) minmax(0, 1fr) max-content 16px;
        gap: 0 16px;
        align-items: center;
        inline-size: 100%;
        min-block-size: 40px;
        padding: 6px 0;
        border: 0;
        background: none;
        text-align: start;
        font-size: 14px;
      }
      .head:hover .what {
        text-decoration: underline;
        text-underline-offset: 0.18em;
      }
      .head svg {
        transition: rotate var(--state);
      }
      .head[aria-expanded="true"] svg {
        rotate: 180deg;
      }
      .what {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      dl {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(170px, 1fr));
        gap: 10px 24px;
        padding: 4px 0 16px;
        font-size: 14px;
      }
      dt {
        color: var(--muted);
        font-size: 12px;
      }
      dd {
        overflow-wrap: anywhere;
      }
      .wide {
        grid-column: span 2;
      }
      @media (max-width: 720px) {
        .head {
          grid-template-columns: minmax(0, 1fr) max-content 16px;
          padding-block: 10px;
        }
        .when {
          grid-row: 2;
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  /** As the list takes it: `from`, `to`, names, a turn. */
  @property() query = "";
  @property() order: "newest" | "dearest" = "newest";
  @state() private opened: string | undefined;
  private readonly models = new StoreController(this, (value: ModelsState) => value);
  private readonly agents = new StoreController(this, (value: AgentList | undefined) => value);
  private readonly list = new ListLoader<UsageCall>(this, (cursor) => {
    const query = new URLSearchParams(this.query);
    query.set("order", this.order);
    query.set("limit", PAGE);
    if (cursor) query.set("cursor", cursor);
    return this.client.api.get<UsageCallPage>(`/api/ai/usage/calls?${query}`);
  });

  constructor() {
    super();
    keepFresh(this, () => (this.order === "newest" ? this.list.renew(({ callId }) => callId) : this.list.load()));
  }

  override willUpdate(changed: PropertyValues): void {
    const before = changed.get("query") ?? changed.get("order");
    if (before !== undefined && this.hasUpdated) void this.list.load();
  }

  override render(): TemplateResult {
    this.models.follow(this.client.models);
    this.agents.follow(this.client.agents.state);
    if (!this.list.value && !this.list.failed) return html`<causerie-skeleton lines="8"></causerie-skeleton>`;
    return this.list.render(({ items }) => items.length
      ? html`<ul>${repeat(items, ({ callId }) => callId, (call) => this.row(call))}</ul>${this.list.rest()}`
      : html`<p class="muted">${t("usage.noCalls")}</p>`);
  }

  private row(call: UsageCall): TemplateResult {
    const open = this.opened === call.callId;
    const { items } = this.client.models.value;
    const what = `${nameOf("model", call.model, items)} · ${nameOf("feature", call.feature, items)}`;
    return html`<li>
      <button class="head" type="button" aria-expanded=${String(open)} @click=${() => (this.opened = open ? undefined : call.callId)}>
        <time class="when muted" datetime=${call.at} title=${full(call.at, locale())}>${utcMoment(call.at)}</time>
        <span class="what">${what}${call.outcome === "ok" ? nothing : html` <span class="tag ${call.outcome === "failed" ? "bad" : ""}">${outcome(call.outcome)}</span>`}</span>
        <span>${isZero(call.charged) ? t("usage.free") : usd(call.chargedUsd, locale())}</span>
        ${icon("chevron", 16)}
      </button>
      ${open ? this.receipt(call) : nothing}
    </li>`;
  }

  private receipt(call: UsageCall): TemplateResult {
    const part = (name: string, value: string, aside = ""): TemplateResult =>
      html`<div><dt>${name}</dt><dd>${value}${aside ? html` <span class="muted">${aside}</span>` : nothing}</dd></div>`;
    const number = (value: number): string => count(value, locale());
    const units = [
      call.images === undefined ? "" : t("usage.images", { count: call.images }),
      call.characters === undefined ? "" : t("usage.characters", { count: call.characters }),
      call.audioMs === undefined ? "" : t("usage.audio", { seconds: seconds(call.audioMs) }),
    ].filter(Boolean);
    return html`<dl>
      ${part(t("usage.charged"), t("usage.credits", { credits: credits(call.charged, locale()) }), usd(call.chargedUsd, locale(), 6))}
      ${part(t("usage.providerTook"), usd(call.costUsd, locale(), 6), call.usageSource === "estimated" ? t("usage.estimated") : "")}
      ${part(t("usage.input"), number(call.inputTokens), call.cachedInputTokens ? t("usage.cached", { count: call.cachedInputTokens }) : "")}
      ${part(t("usage.output"), number(call.outputTokens), call.reasoningTokens ? t("usage.reasoning", { count: call.reasoningTokens }) : "")}
      ${units.length ? part(t("usage.units"), units.join(", ")) : nothing}
      ${part(t("usage.by.agent"), nameOf("agent", call.agent, []))}
      ${part(t("usage.provider"), call.provider, call.model.slice(call.model.indexOf("/") + 1))}
      ${part(t("usage.took"), t("usage.seconds", { seconds: seconds(call.durationMs) }))}
      <div class="wide"><dt>${t("usage.turn")}</dt><dd><code>${call.turnId}</code></dd></div>
    </dl>`;
  }
}

function outcome(text: string): string {
  if (text === "failed") return t("usage.failed");
  return text === "cancelled" ? t("usage.cancelled") : text;
}

const seconds = (milliseconds: number): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(milliseconds / 1000);

define("causerie-usage-calls", UsageCalls);
