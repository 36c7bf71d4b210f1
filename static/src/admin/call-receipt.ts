// The receipt of one provider call, over the monitor: what it was, what it took, whose it was.
import { css, html, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { agentName } from "../core/agents.js";
import { featureName } from "../core/features.js";
import { locale, t } from "../core/i18n.js";
import { count, credits, usd } from "../core/money.js";
import type { CostCall, CostCallPage } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { utcDate } from "./moments.js";

export class CallReceipt extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    css`
      dl {
        display: grid;
        grid-template-columns: fit-content(40%) minmax(0, 1fr);
        gap: 6px 20px;
        font-size: 14px;
        font-variant-numeric: tabular-nums;
      }
      dt {
        color: var(--muted);
      }
      dd {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property() callId = "";
  @query("causerie-dialog") private dialog!: Dialog;
  private readonly found = new Loader<CostCallPage>(this, () =>
    this.client.api.get<CostCallPage>(`/api/admin/ai-costs/calls?callId=${this.callId}`),
  );

  override firstUpdated(): void {
    void this.dialog.show();
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.get("callId")) void this.found.load();
  }

  override render(): TemplateResult {
    return html`<causerie-dialog heading=${t("costs.receiptOf")}>
      ${this.found.render(({ items }) => html`${items.map((call) => this.facts(call))}`)}
      <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("close")}</button>
    </causerie-dialog>`;
  }

  private facts(call: CostCall): TemplateResult {
    const number = (value: number): string => count(value, locale());
    const facts: [string, unknown][] = [
      [t("costs.receiptWhen"), `${utcDate(call.at, locale())} UTC`],
      [t("costs.receiptWho"), html`<a href=${`/admin/users/${call.creatorId}`}>${call.creatorName ?? call.creatorId}</a>`],
      [t("costs.receiptWhat"), `${featureName(call.feature)}, ${agentName(call.agent)}, ${call.model}`],
      [t("costs.receiptTokens"), t("costs.receiptParts", {
        input: number(call.inputTokens), cached: number(call.cachedInputTokens), output: number(call.outputTokens), reasoning: number(call.reasoningTokens),
      })],
      [t("costs.receiptCost"), usd(call.costUsd, locale())],
      [t("costs.receiptCharged"), t("costs.receiptCredits", { credits: credits(call.charged, locale()), usd: usd(call.chargedUsd, locale()) })],
      [t("costs.receiptTook"), t("costs.receiptSeconds", { seconds: new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(call.durationMs / 1000) })],
      [t("costs.receiptOutcome"), call.outcome],
      [t("costs.receiptTurn"), call.turnId],
      [t("costs.receiptRequest"), call.correlationId],
    ];
    return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd dir="auto">${value}</dd>`)}</dl>`;
  }
}

define("causerie-call-receipt", CallReceipt);
