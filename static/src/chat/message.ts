// One message: what was said, what it cost, what can be done with it.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import type { Entry } from "../core/entries.js";
import type { Thread } from "../core/thread.js";
import { clock } from "../core/time.js";
import { isLive, type TurnState } from "../core/turns.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { prose } from "../ui/prose.js";
import { copyRich } from "./clipboard.js";
import { LiveTurn } from "./live-turn.js";
import "./attachments.js";
import "./notice.js";
import "./progress.js";
import "./receipt.js";
import "./refusal.js";
import { eventNotice, outcomeNotice, type Deed } from "./words.js";

export class Message extends ClientElement {
  static override styles = [
    base,
    buttons,
    prose,
    css`
      .user {
        display: grid;
        justify-items: end;
        gap: 8px;
      }
      .bubble {
        max-inline-size: min(85%, 38rem);
        padding: 10px 16px;
        border-radius: var(--radius-large);
        border-end-end-radius: 4px;
        background: var(--sunken);
        font-size: 16px;
        line-height: 1.55;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .sending {
        color: var(--muted);
      }
      .refused {
        border: 1px dashed var(--bad);
        background: none;
      }
      .user causerie-refusal {
        inline-size: 100%;
      }
      .answer {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
      }
      .md:empty {
        display: none;
      }
      .row {
        --aside: 100px;
        position: relative;
        min-block-size: 28px;
      }
      .row:has(.pager) {
        --aside: 220px;
      }
      .actions {
        position: absolute;
        inset-block-start: 0;
        inset-inline-end: 0;
        display: flex;
        gap: 2px;
        opacity: 0;
        transition: opacity var(--state);
      }
      .answer:hover .actions,
      .actions:focus-within,
      .last .actions {
        opacity: 1;
      }
      .pager {
        display: inline-flex;
        align-items: center;
        font-size: 13px;
        color: var(--muted);
      }
      .event {
        display: flex;
        gap: 8px;
        font-size: 13px;
        color: var(--muted);
      }
      @media (hover: none) {
        .actions {
          opacity: 1;
        }
      }
    `,
  ];

  @property({ attribute: false }) entry!: Entry;
  @property({ attribute: false }) thread!: Thread;
  @property({ type: Boolean }) last = false;
  @state() private copied = false;
  private readonly live = new LiveTurn(this);

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("entry")) return;
    const answer = this.entry.role === "assistant" && this.entry.state !== "complete";
    this.live.follow(answer ? this.entry.turnId : undefined);
  }

  override render(): TemplateResult {
    return this.entry.role === "user" ? this.question() : this.answer();
  }

  override updated(): void {
    if (this.entry.role !== "assistant") return;
    const root = this.renderRoot.querySelector<HTMLElement>(".md");
    const { state, text } = this.entry;
    if (root) this.live.draw(root, text, state !== undefined && state !== "complete");
  }

  private question(): TemplateResult {
    const { entry } = this;
    return html`<article class="user">
      <h2 class="unseen">${t("thread.you")}</h2>
      ${entry.attachments.length
        ? html`<causerie-attachments .items=${entry.attachments}></causerie-attachments>`
        : nothing}
      ${entry.text ? html`<div class="bubble ${entry.sending ?? ""}" dir="auto">${entry.text}</div>` : nothing}
      ${entry.sending === "sending" ? html`<span class="unseen">${t("message.sending")}</span>` : nothing}
      ${entry.sending === "refused" && entry.problem
        ? html`<causerie-refusal .problem=${entry.problem} @causerie-deed=${this.answerRefusal}></causerie-refusal>`
        : nothing}
    </article>`;
  }

  private answerRefusal(event: CustomEvent<Deed>): void {
    if (event.detail === "again") this.thread.again(this.entry);
    else this.tell("edit", this.thread.takeBack(this.entry));
  }

  private answer(): TemplateResult {
    const { entry } = this;
    const { turn } = this.live;
    const live = turn !== undefined && isLive(turn);
    const receipt = turn?.receipt ?? entry.receipt;
    const models = this.client.models.value.items;
    const outcome = turn && outcomeNotice(turn);
    // What could be done then would now branch off in the middle of the conversation.
    const notice = outcome && !this.last ? { ...outcome, deeds: [] } : outcome;
    return html`<article class="answer ${live ? "writing" : ""} ${this.last ? "last" : ""}" aria-busy=${String(live)}>
      <h2 class="unseen">${t("thread.assistant", { time: clock(entry.at, locale()) })}</h2>
      ${turn?.notices.map((line) => {
        const words = eventNotice(line, models);
        return words ? html`<p class="event">${icon("info", 16)}<span>${words}</span></p>` : nothing;
      })}
      <div class="md" @click=${this.clicked}></div>
      ${live
        ? html`<causerie-progress .turn=${() => this.live.turn} .model=${turn.model ?? ""}></causerie-progress>`
        : nothing}
      ${notice
        ? html`<causerie-notice .notice=${notice} @causerie-deed=${this.deed}></causerie-notice>`
        : nothing}
      ${live ? nothing : html`<div class="row">
        ${receipt
          ? html`<causerie-receipt .receipt=${receipt} .models=${models} .model=${turn?.model ?? entry.model ?? ""}
              .turnId=${entry.turnId ?? ""} .firstTokenMs=${between(turn, "firstTextAt")}
              .durationMs=${between(turn, "endedAt")}></causerie-receipt>`
          : nothing}
        ${this.actions(!!(turn?.text || entry.text))}
      </div>`}
    </article>`;
  }

  private actions(hasText: boolean): TemplateResult {
    const { siblings, id } = this.entry;
    const at = id ? siblings.indexOf(id) : -1;
    const versions = siblings.length > 1 && at >= 0;
    return html`<div class="actions">
      ${versions
        ? html`<span class="pager" role="group" aria-label=${t("message.versions")}>
            ${this.step("left", t("message.previous"), siblings[at - 1])}
            <span class="figure">${t("message.version", { n: at + 1, count: siblings.length })}</span>
            ${this.step("right", t("message.next"), siblings[at + 1])}
          </span>`
        : nothing}
      ${hasText
        ? html`<button class="quiet" type="button" aria-label=${this.copied ? t("copied") : t("message.copy")}
            title=${t("message.copy")} @click=${this.copy}>${icon(this.copied ? "check" : "copy", 16)}</button>`
        : nothing}
      ${this.last && hasText
        ? html`<button class="quiet" type="button" aria-label=${t("message.regenerate")} title=${t("message.regenerate")}
            @click=${() => this.thread.regenerate(this.entry)}>${icon("again", 16)}</button>`
        : nothing}
    </div>`;
  }

  private step(to: "left" | "right", label: string, leaf: string | undefined): TemplateResult {
    return html`<button class="quiet" type="button" aria-label=${label} ?disabled=${!leaf}
      @click=${() => void this.thread.load(leaf)}>${icon(to, 16)}</button>`;
  }

  private deed(event: CustomEvent<Deed>): void {
    if (event.detail === "continue") this.thread.submit(t("notice.continueText"));
    else this.thread.regenerate(this.entry);
  }

  private async copy(): Promise<void> {
    const root = this.renderRoot.querySelector<HTMLElement>(".md");
    if (!root) return;
    await copyRich(this.live.turn?.text || this.entry.text, root);
    this.copied = true;
    setTimeout(() => (this.copied = false), 1500);
  }

  /** The buttons inside an answer are not Lit's: one listener serves them all. */
  private async clicked(event: Event): Promise<void> {
    const button = (event.target as Element).closest<HTMLElement>("button[data-action]");
    const figure = button?.closest("figure");
    if (!button || !figure) return;
    if (button.dataset["action"] === "wrap") {
      button.ariaPressed = String(figure.classList.toggle("wrap"));
      return;
    }
    await navigator.clipboard.writeText(figure.querySelector("code")?.textContent ?? "");
    button.textContent = t("copied");
    setTimeout(() => (button.textContent = t("copy")), 1500);
  }

  /** The last code block of this answer, for the shortcut that copies it. */
  get lastCode(): string | undefined {
    return [...this.renderRoot.querySelectorAll("pre code")].at(-1)?.textContent ?? undefined;
  }
}

/** From the start as this page saw it; nothing for a turn that it did not see. */
function between(turn: TurnState | undefined, end: "firstTextAt" | "endedAt"): number | undefined {
  const moment = turn?.[end];
  return turn && moment !== undefined && moment > turn.since ? moment - turn.since : undefined;
}

define("causerie-message", Message);
