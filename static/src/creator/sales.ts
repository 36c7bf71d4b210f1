// A sales message made better, with reasons; and tests of messages with the creator's own fans.
import { css, html, type TemplateResult } from "lit";
import { query } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { SalesRequest } from "../core/wire.gen.js";
import { define } from "../ui/element.js";
import { amount, level, moment } from "./amounts.js";
import type { Kind } from "./answers.js";
import type { Experiments } from "./experiments.js";
import { told } from "./told.js";
import { Tool, type Draft } from "./tool.js";

export class Sales extends Tool {
  static override styles = [...Tool.styles, css`
    causerie-experiments {
      display: block;
      min-block-size: 200px;
    }
  `];

  protected readonly tool = "sales";
  protected readonly needed = ["fanId", "currentMessage"];
  @query("causerie-experiments") private experiments!: Experiments;

  override firstUpdated(): void {
    // They stand below the form and the answer, out of sight at first, and come after them.
    void import("./experiments.js");
  }

  protected get kind(): Kind {
    return "sales";
  }

  protected lead(): string {
    return t("creator.sales.lead");
  }

  override render(): TemplateResult {
    const form = html`
      ${this.area("currentMessage", t("creator.sales.current"))}
      <div class="pair">
        ${this.field("fanId", t("creator.fan"), { optional: false, hint: t("creator.fanHint") })}
        ${this.field("pricePoint", t("creator.sales.price"), { numeric: true, hint: t("creator.dollars") })}
      </div>
      ${this.segments("engagementLevel", t("creator.engagement"), [
        { id: "", label: t("creator.unknown") },
        { id: "low", label: t("creator.level.low") },
        { id: "medium", label: t("creator.level.medium") },
        { id: "high", label: t("creator.level.high") },
      ])}
      ${this.aside(t("creator.sales.profile"), html`
        <div class="pair">${this.field("name", t("creator.sales.name"))}${this.field("tier", t("creator.sales.tier"))}${this.field("lifetimeValue", t("creator.sales.worth"), { numeric: true })}</div>
        <div class="pair long">${this.field("total", t("creator.spent"), { numeric: true })}${this.field("averageOrderValue", t("creator.average"), { numeric: true })}
          ${this.field("lastOrderAt", t("creator.lastOrder"), { hint: t("creator.dateHint") })}</div>
        ${this.field("contentType", t("creator.sales.content"))}`)}`;
    return html`<div @causerie-test=${(event: CustomEvent<readonly string[]>) => void this.experiments.propose([this.today, ...event.detail])}>${this.page(
      form,
      "creator.sales.write",
      html`<p>${t("creator.sales.vacant")}</p><p>${t("creator.sales.eight")}</p>`,
      html`<causerie-experiments class="below"></causerie-experiments>`,
    )}</div>`;
  }

  /** The message that is sent today: others are compared with it. */
  private get today(): string {
    const asked = (this.shown?.input ?? this.errands[0]?.body) as Partial<SalesRequest> | undefined;
    return asked?.context?.currentMessage ?? this.text("currentMessage");
  }

  protected example(): Draft {
    return { currentMessage: t("creator.sales.example"), fanId: "luc-17", pricePoint: "25", engagementLevel: "medium", name: "Luc", tier: "gold", lifetimeValue: "310.50" };
  }

  protected request(): { path: string; bodies: readonly object[] } {
    const more = told({
      fanProfile: told({ name: this.text("name") || undefined, tier: this.text("tier") || undefined, lifetimeValue: amount(this.text("lifetimeValue")) }),
      purchaseHistory: told({ total: amount(this.text("total")), averageOrderValue: amount(this.text("averageOrderValue")), lastOrderAt: moment(this.text("lastOrderAt")) }),
      engagementLevel: level(this.text("engagementLevel")),
      contentType: this.text("contentType") || undefined,
      pricePoint: amount(this.text("pricePoint")),
    });
    const body: SalesRequest = { fanId: this.text("fanId"), context: { currentMessage: this.text("currentMessage"), ...more } };
    return { path: "/api/ai/optimize-sales", bodies: [body] };
  }

  protected draftOf(input: Record<string, unknown>): Draft {
    const { fanId, context } = input as unknown as SalesRequest;
    const { fanProfile: fan, purchaseHistory: bought } = context;
    return {
      fanId: String(fanId),
      currentMessage: context.currentMessage,
      pricePoint: String(context.pricePoint ?? ""),
      engagementLevel: context.engagementLevel ?? "",
      contentType: context.contentType ?? "",
      name: fan?.name ?? "",
      tier: fan?.tier ?? "",
      lifetimeValue: String(fan?.lifetimeValue ?? ""),
      total: String(bought?.total ?? ""),
      averageOrderValue: String(bought?.averageOrderValue ?? ""),
      lastOrderAt: bought?.lastOrderAt?.slice(0, 10) ?? "",
    };
  }
}

define("causerie-sales", Sales);
