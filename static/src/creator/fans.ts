// Answers to fans: one that is ready to send with what may be offered, or several short ones to choose from.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { FanMessageRequest, GenerationPage, QuickReplyPage, QuickReplyView, ReplyIdeasRequest } from "../core/wire.gen.js";
import type { Area } from "../ui/area.js";
import { define } from "../ui/element.js";
import { amount, level, moment } from "./amounts.js";
import { history } from "./dialogue.js";
import type { Kind } from "./answers.js";
import { told } from "./told.js";
import { Tool, type Draft } from "./tool.js";

const FANS = 6;

const isNames = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === "string");

export class Fans extends Tool {
  static override styles = [...Tool.styles, css`
    .chips {
      margin-block-start: -4px;
    }
  `];

  protected readonly tool = "fans";
  @state() private replies: readonly QuickReplyView[] = [];
  @state() private regulars: readonly string[] = [];

  protected get kind(): Kind {
    return this.draft["mode"] === "ideas" ? "reply_ideas" : "fan_message";
  }

  protected get needed(): readonly string[] {
    return ["fanId", "message"];
  }

  override firstUpdated(): void {
    this.regulars = this.client.shelf.read("tool.fans.regulars", isNames) ?? [];
    void this.recall();
  }

  /** Replies to insert and fans to choose: comforts, without which the page works. */
  private async recall(): Promise<void> {
    const { api } = this.client;
    const [replies, before] = await Promise.allSettled([
      api.get<QuickReplyPage>("/api/ai/quick-replies?limit=20"),
      api.get<GenerationPage>("/api/generations?kind=fan_message&limit=50"),
    ]);
    if (replies.status === "fulfilled") this.replies = replies.value.items;
    if (before.status === "fulfilled") {
      const names = before.value.items.map(({ input }) => input["fanId"]).filter((id) => id !== undefined).map(String);
      this.regulars = [...new Set(names)].slice(0, FANS);
      // They stand in the middle of the form: the next time they are there from the first moment.
      this.client.shelf.write("tool.fans.regulars", this.regulars);
    }
  }

  protected lead(): string {
    return t("creator.fans.lead");
  }

  override render(): TemplateResult {
    const ideas = this.kind === "reply_ideas";
    const form = html`
      ${this.segments("mode", t("creator.fans.mode"), [
        { id: "answer", label: t("creator.fans.answer") },
        { id: "ideas", label: t("creator.fans.ideas") },
      ])}
      ${this.field("fanId", t("creator.fan"), { optional: false, hint: t("creator.fanHint") })}
      ${this.regulars.length
        ? html`<div class="chips" role="group" aria-label=${t("creator.fans.recent")}>${this.regulars.map(
            (id) => html`<button class="chip" type="button" aria-pressed=${String(this.text("fanId") === id)} @click=${() => void this.put({ ...this.draft, fanId: id })}><bdi>${id}</bdi></button>`,
          )}</div>`
        : nothing}
      ${this.area("message", t("creator.fans.message"))}
      ${ideas
        ? this.aside(t("creator.fans.about"), html`<div class="pair long">${this.field("count", t("creator.fans.count"), { numeric: true })}${this.field("total", t("creator.spent"), { numeric: true })}</div>`)
        : this.aside(t("creator.fans.about"), html`
            ${this.segments("engagement", t("creator.engagement"), [
              { id: "", label: t("creator.unknown") },
              { id: "low", label: t("creator.level.low") },
              { id: "medium", label: t("creator.level.medium") },
              { id: "high", label: t("creator.level.high") },
            ])}
            <div class="pair long">${this.field("total", t("creator.spent"), { numeric: true })}${this.field("averageOrderValue", t("creator.average"), { numeric: true })}
              ${this.field("lastOrderAt", t("creator.lastOrder"), { hint: t("creator.dateHint") })}</div>
            ${this.area("history", t("creator.fans.history"), { hint: t("creator.fans.historyHint") })}
            ${this.replies.length
              ? html`<div class="chips" role="group" aria-label=${t("creator.fans.replies")}><small>${t("creator.fans.replies")}</small>${this.replies.map(
                  (reply) => html`<button class="chip" type="button" title=${reply.text} @click=${() => this.insert(reply.text)}><bdi>${reply.title}</bdi></button>`,
                )}</div>`
              : nothing}`)}`;
    return this.page(
      form,
      ideas ? "creator.fans.suggest" : "creator.fans.write",
      html`<p>${t("creator.fans.vacant")}</p><ul><li>${t("creator.fans.vacant1")}</li><li>${t("creator.fans.vacant2")}</li><li>${t("creator.fans.vacant3")}</li></ul>`,
    );
  }

  /** A quick reply goes into what was said before: it is the creator's own. */
  private insert(text: string): void {
    const history = this.renderRoot.querySelector<Area>("causerie-area[name=history]");
    if (!history) return;
    const before = history.value.trimEnd();
    history.value = `${before}${before ? "\n" : ""}me: ${text}`;
    this.keep({ history: history.value });
    history.focus();
  }

  protected example(): Draft {
    return {
      ...(this.draft["mode"] ? { mode: this.draft["mode"] } : {}),
      fanId: "luc-17",
      message: t("creator.fans.exampleMessage"),
      engagement: "high",
      total: "120.50",
    };
  }

  protected request(): { path: string; bodies: readonly object[] } {
    const fanId = this.text("fanId");
    if (this.kind === "reply_ideas") {
      const spent = amount(this.text("total"));
      const body: ReplyIdeasRequest = {
        fanId,
        lastMessage: this.text("message"),
        ...told({ messageCount: Number(this.text("count")) || undefined, fanValueCents: spent === undefined ? undefined : Math.round(Number(spent) * 100) }),
      };
      return { path: "/api/ai/suggestions", bodies: [body] };
    }
    const said = history(this.text("history"));
    const context = told({
      engagementLevel: level(this.text("engagement")),
      purchaseHistory: told({ total: amount(this.text("total")), averageOrderValue: amount(this.text("averageOrderValue")), lastOrderAt: moment(this.text("lastOrderAt")) }),
      history: said.length ? said : undefined,
    });
    const body: FanMessageRequest = { fanId, message: this.text("message"), ...(context ? { context } : {}) };
    return { path: "/api/ai/chat", bodies: [body] };
  }

  protected draftOf(input: Record<string, unknown>): Draft {
    const { fanId, message, context, lastMessage, messageCount, fanValueCents } = input as unknown as FanMessageRequest & ReplyIdeasRequest;
    const bought = context?.purchaseHistory;
    return {
      mode: lastMessage === undefined ? "answer" : "ideas",
      fanId: String(fanId),
      message: message ?? lastMessage ?? "",
      engagement: context?.engagementLevel ?? "",
      total: String(bought?.total ?? (fanValueCents ? fanValueCents / 100 : "")),
      averageOrderValue: String(bought?.averageOrderValue ?? ""),
      lastOrderAt: bought?.lastOrderAt?.slice(0, 10) ?? "",
      count: String(messageCount ?? ""),
      history: (context?.history ?? []).map(({ by, text }) => `${by === "fan" ? "fan" : "me"}: ${text}`).join("\n"),
    };
  }
}

define("causerie-fans", Fans);
