// One typed answer: who works on it while it is made, its parts, how sure it is, who failed, what it
// cost, and whether it was of use. Also one of the history, as it was.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { agentName } from "../core/agents.js";
import { copy } from "../core/clipboard.js";
import type { ErrandState } from "../core/errand.js";
import { locale, t } from "../core/i18n.js";
import { reason } from "../core/reasons.js";
import { said } from "../core/said.js";
import type { AgentReport, Feedback, Heard } from "../core/wire.gen.js";
import "../chat/notice.js";
import { eventNotice, type Notice } from "../chat/words.js";
import "../ui/area.js";
import type { Area } from "../ui/area.js";
import { base, buttons, define } from "../ui/element.js";
import { reports } from "./agents.js";
import { answers, outgoing, parts, type Deeds, type Kind } from "./answers.js";
import { percent, sureness } from "./confidence.js";
import type { Platform } from "./platforms.js";
import { RunView, runView } from "./run-view.js";

/** Told as `causerie-accepted`: what is sent, and whether it was changed before. */
export interface Accepted {
  generationId: string;
  kind: Kind;
  text: string;
  edited: boolean;
}

export class ResultCard extends RunView {
  static override styles = [
    base,
    buttons,
    runView,
    answers,
    css`
      :host {
        overflow-wrap: anywhere;
      }
      h2 {
        font-size: 16px;
        font-weight: 600;
      }
      .head {
        gap: 4px 12px;
        min-block-size: 28px;
      }
      .head strong {
        color: var(--text);
        font-weight: 600;
      }
      .head .end {
        margin-inline-start: auto;
      }
      .use {
        display: grid;
        gap: 12px;
        padding-block-start: 14px;
        border-block-start: 1px solid var(--line);
      }
      .deeds {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      .agents {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 16px;
        font-size: 13px;
        color: var(--muted);
      }
      .bad {
        color: var(--bad);
      }
    `,
  ];

  @property() kind: Kind = "fan_message";
  @property({ attribute: false }) platform: Platform | undefined;
  @property() heading = "";
  /** Messages can be tested against each other here. */
  @property({ type: Boolean }) tests = false;
  @state() private editing = false;
  /** What was said about it: that it was of use, or was not. */
  @state() private judged: boolean | undefined;
  @state() private problem = "";

  override willUpdate(changed: PropertyValues): void {
    const before = changed.get("run") as ErrandState | undefined;
    const another = before && this.run && before.turn.since !== this.run.turn.since;
    if (!another && !(changed.has("generation") && changed.get("generation") !== undefined)) return;
    this.editing = false;
    this.judged = undefined;
    this.problem = "";
  }

  private get value(): unknown {
    if (this.generation) return this.generation.output;
    return this.run?.result ?? this.run?.partial;
  }

  private get whole(): boolean {
    return this.generation ? this.generation.state === "completed" : this.run?.turn.phase === "completed";
  }

  override render(): TemplateResult {
    const { run, whole } = this;
    if (run?.refused) return html`${this.named()}<causerie-refused .problem=${run.refused} .due=${run.due}></causerie-refused>`;
    const deeds: Deeds = {
      use: whole && this.kind === "reply_ideas" && this.judged === undefined ? (text) => void this.accept(text, false) : undefined,
      test: whole && this.tests ? (texts) => this.tell("test", texts) : undefined,
      platform: this.platform,
    };
    return html`${this.named()}${this.live ? this.progress() : this.head()}
      ${this.notices().map((notice) => html`<causerie-notice .notice=${notice}></causerie-notice>`)}
      <div class="parts">${this.editing ? nothing : parts(this.kind, this.value, deeds)}</div>
      ${whole ? this.use() : nothing} ${whole ? reports(this.agents) : nothing}
      ${this.receipt()}`;
  }

  private named(): TemplateResult | typeof nothing {
    return this.heading ? html`<h2>${this.heading}</h2>` : nothing;
  }

  private get agents(): readonly AgentReport[] {
    const result = this.run?.result as { agents?: AgentReport[] } | undefined;
    return this.generation?.agents ?? result?.agents ?? [];
  }

  /** Who works on it, since when, and how to end it. */
  private progress(): TemplateResult {
    const { turn } = this.run as ErrandState;
    const last = turn.notices.findLast(({ kind }) => kind === "handoff");
    const to = last?.detail["to"];
    const words = typeof to === "string" ? t("creator.working", { agent: agentName(to) }) : t("creator.waiting");
    return html`<div class="head">${this.going(turn, words)}</div>`;
  }

  private head(): TemplateResult | typeof nothing {
    const confidence = (this.value as { confidence?: unknown } | undefined)?.confidence;
    if (!this.whole || typeof confidence !== "number") return nothing;
    const number = percent(confidence, locale());
    return html`<div class="head"><strong>${t(sureness(confidence))}</strong><span class="figure" title=${t("creator.confidence")}>${number}</span></div>`;
  }

  private notices(): Notice[] {
    const { run, generation } = this;
    const lines = (run?.turn.notices ?? []).filter(({ kind }) => kind !== "handoff" && (kind !== "retry" || this.live));
    const found = lines.flatMap((line): Notice[] => {
      const words = eventNotice(line, this.client.models.value.items);
      return words ? [{ tone: line.kind === "compliance" ? "warn" : "info", text: words, deeds: [] }] : [];
    });
    if (generation && generation.state !== "completed" && generation.state !== "running" && generation.state !== "admitted") {
      const { error } = generation;
      const words = error ? `${t("creator.state.failed")} ${reason(error.code, error.message)}` : t("creator.state.cancelled");
      found.push({ tone: generation.error ? "bad" : "plain", text: words, deeds: [] });
    }
    return [...found, ...(run ? this.ending({ ...run.turn, text: "" }) : [])];
  }

  /** Take it, change it first, or say that it was of no use: agents' insights gain or lose by it. */
  private use(): TemplateResult | typeof nothing {
    if (this.judged !== undefined) return html`<p class="use" role="status">${t(this.judged ? "creator.accepted" : "creator.rejected")}</p>`;
    const text = outgoing(this.kind, this.value);
    const sends = text !== "";
    if (this.editing) {
      return html`<div class="use"><causerie-area tall label=${t("creator.edit")} .initial=${text}></causerie-area>
        <div class="deeds">
          <button class="button primary" type="button" @click=${() => void this.acceptEdited(text)}>${t("creator.acceptEdited")}</button>
          <button class="button" type="button" @click=${() => (this.editing = false)}>${t("cancel")}</button>
        </div>${this.complaint()}</div>`;
    }
    return html`<div class="use"><div class="deeds">
        ${this.kind === "reply_ideas"
          ? nothing
          : html`<button class="button" type="button" @click=${() => void this.accept(text, false)}>${t(sends ? "creator.accept" : "creator.helpful")}</button>`}
        ${sends ? html`<button class="button" type="button" @click=${() => (this.editing = true)}>${t("creator.editFirst")}</button>` : nothing}
        <button class="button" type="button" @click=${() => void this.judge(false)}>${t("creator.notHelpful")}</button>
      </div>${this.complaint()}</div>`;
  }

  private complaint(): TemplateResult | typeof nothing {
    return this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing;
  }

  private async acceptEdited(before: string): Promise<void> {
    const text = this.renderRoot.querySelector<Area>("causerie-area")?.value ?? before;
    await this.accept(text, text !== before);
    if (this.judged) this.editing = false;
  }

  /** What is taken is copied, too: sending it is the creator's. */
  private async accept(text: string, edited: boolean): Promise<void> {
    if (text) await copy(text).catch(() => undefined);
    if (!(await this.judge(true))) return;
    this.tell("accepted", { generationId: this.turnId, kind: this.kind, text, edited } satisfies Accepted);
  }

  private async judge(helped: boolean): Promise<boolean> {
    try {
      await this.client.api.post<Heard>(`/api/generations/${this.turnId}/feedback`, { helped } satisfies Feedback);
      this.judged = helped;
      this.problem = "";
      return true;
    } catch (error) {
      this.problem = said(error);
      return false;
    }
  }
}

define("causerie-result-card", ResultCard);
