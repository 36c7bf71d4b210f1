// What this chat has cost, what the next turn would, and how full the model's window is. A figure
// that is not known is said so, never shown as nothing.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import type { ListState } from "../core/conversations.js";
import type { ModelsState } from "../core/client.js";
import type { EstimateState } from "../core/estimates.js";
import { locale, t } from "../core/i18n.js";
import { count, isZero } from "../core/money.js";
import type { SessionState } from "../core/session.js";
import { StoreController } from "../core/store.js";
import type { Thread, ThreadState } from "../core/thread.js";
import { base, ClientElement, define } from "../ui/element.js";
import "../ui/ring.js";
import { both, MoneyFirst } from "./amounts.js";
import { contextTokens, modelOf } from "./context.js";
import { refusal } from "./words.js";

export class Figures extends ClientElement {
  static override styles = [
    base,
    css`
      dl {
        display: grid;
        gap: 8px;
        font-size: 14px;
      }
      dl > div {
        display: flex;
        align-items: baseline;
        gap: 8px;
        min-block-size: 24px;
        line-height: 24px;
      }
      .context,
      .context dt {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      dt {
        color: var(--muted);
      }
      dd {
        flex: 1;
        min-inline-size: 0;
        font-variant-numeric: tabular-nums;
        text-align: end;
      }
      dd.bad {
        color: var(--bad);
      }
      dd small {
        display: block;
        line-height: 1.45;
        font-size: 12px;
        color: var(--muted);
      }
    `,
  ];

  @property({ attribute: false }) thread!: Thread;
  private readonly money = new MoneyFirst(this);
  private readonly state = new StoreController(this, (value: ThreadState) => value);
  private readonly list = new StoreController(this, (value: ListState) => value.items);
  private readonly estimate = new StoreController(this, (value: EstimateState) => value);
  private readonly models = new StoreController(this, (value: ModelsState) => value);
  /** Receipts come with the ends of turns; deltas are nobody's business here. */
  private readonly ends = new StoreController(this, (value: SessionState) =>
    [...value.turns.values()].filter(({ receipt }) => receipt).length,
  );

  override render(): TemplateResult {
    const state = this.state.follow(this.thread.state);
    const estimate = this.estimate.follow(this.thread.sending.estimates.state);
    this.list.follow(this.client.conversations.state);
    this.ends.follow(this.client.session);
    const models = this.models.follow(this.client.models)?.items ?? [];
    const row = state?.id ? this.client.conversations.find(state.id) : undefined;
    const money = this.money.value;
    const spent = row && !isZero(row.charged) ? both({ credits: row.charged, usd: row.costUsd }, money) : t("controls.nothing");
    return html`<dl>
      ${this.context(state, models)}
      <div><dt>${t("controls.chat")}</dt><dd class="spent">${spent}</dd></div>
      <div><dt>${t("controls.next")}</dt>${this.next(estimate)}</div>
    </dl>`;
  }

  private context(state: ThreadState | undefined, models: ModelsState["items"]): TemplateResult {
    const model = modelOf(this.thread.model, models);
    const used = contextTokens(state?.entries ?? [], (id) => this.client.session.value.turns.get(id)?.receipt);
    const known = used !== undefined && model;
    const text = known
      ? t("controls.tokens", { used: count(used, locale()), window: count(model.contextTokens, locale()) })
      : t("controls.afterAnswer");
    return html`<div class="context">
      <dt><causerie-ring .value=${known ? used / model.contextTokens : undefined} .label=${t("controls.context")} .text=${text}></causerie-ring>
        ${t("controls.context")}</dt><dd aria-hidden="true">${text}</dd>
    </div>`;
  }

  private next(state: EstimateState | undefined): TemplateResult {
    const money = this.money.value;
    if (this.thread.busy) return html`<dd>${t("controls.later")}</dd>`;
    switch (state?.phase) {
      case "unknown":
        return html`<dd class="bad">${t("controls.unknown")}<small>${refusal(state.problem)}</small></dd>`;
      case "asking":
      case "known": {
        const known = state.phase === "known" ? state.estimate : state.last;
        if (!known) return html`<dd>${t("controls.asking")}</dd>`;
        return html`<dd class=${known.affordable ? "" : "bad"}>≈ ${both(known.likely, money)}
          <small>${t("controls.atMost", { most: both(known.atMost, money) })}</small>
          ${known.affordable ? nothing : html`<small>${t("controls.short")}</small>`}</dd>`;
      }
      default:
        return html`<dd>${t("controls.write")}</dd>`;
    }
  }
}

define("causerie-figures", Figures);
