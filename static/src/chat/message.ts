// One message: what was said, what it cost, what can be done with it.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { versionsOf } from "../core/branches.js";
import { copy } from "../core/clipboard.js";
import { locale, t } from "../core/i18n.js";
import type { Entry } from "../core/entries.js";
import type { Thread } from "../core/thread.js";
import { clock } from "../core/time.js";
import { isLive, type TurnState } from "../core/turns.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon, type IconName } from "../ui/icon.js";
import { prose } from "../ui/prose.js";
import { copyRich } from "./clipboard.js";
import { act, offer } from "./deeds.js";
import { happened, tookPart } from "./events.js";
import { LiveTurn } from "./live-turn.js";
import { messageStyle } from "./message-style.js";
import "./attachments.js";
import "./notice.js";
import "./progress.js";
import "./receipt.js";
import "./refusal.js";
import { outcomeNotice, type Deed } from "./words.js";

const FLASH_MS = 2_400;

export class Message extends ClientElement {
  static override styles = [base, buttons, prose, messageStyle];

  @property({ attribute: false }) entry!: Entry;
  @property({ attribute: false }) thread!: Thread;
  @property({ type: Boolean }) last = false;
  @state() private copied = false;
  @state() private editing = false;
  @state() private lit = false;
  private visiting = false;
  private readonly live = new LiveTurn(this);

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("entry")) return;
    const { role, state, turnId } = this.entry;
    // A whole answer says nothing new; of a turn that was seen here its notices are kept in sight.
    const told = state !== "complete" || (!!turnId && this.client.session.value.turns.has(turnId));
    this.live.follow(role === "assistant" && told ? turnId : undefined);
  }

  override render(): TemplateResult {
    return this.entry.role === "user" ? this.question() : this.answer();
  }

  override updated(): void {
    if (this.entry.role !== "assistant") return;
    const root = this.renderRoot.querySelector<HTMLElement>(".parts");
    const { id, turnId, state, text } = this.entry;
    if (root) this.live.draw(root, { of: id ?? turnId, text, broken: state !== undefined && state !== "complete" });
  }

  private question(): TemplateResult {
    const { entry } = this;
    return html`<article tabindex="-1" class="user ${this.lit ? "flash" : ""}">
      <h2 class="unseen">${t("thread.you")}</h2>
      ${entry.attachments.length
        ? html`<causerie-attachments .items=${entry.attachments}></causerie-attachments>`
        : nothing}
      ${this.editing
        ? html`<causerie-editor .text=${entry.text} @causerie-edited=${this.edited} @causerie-cancel=${this.leaveEditor}></causerie-editor>`
        : entry.text
          ? html`<div class="bubble ${entry.sending ?? ""}" dir="auto">${entry.text}</div>`
          : nothing}
      ${entry.sending === "sending" ? html`<span class="unseen">${t("message.sending")}</span>` : nothing}
      ${entry.sending === "refused" && entry.problem
        ? html`<causerie-refusal .entry=${entry} .thread=${this.thread} @causerie-deed=${this.answerRefusal}></causerie-refusal>`
        : nothing}
      ${entry.sending || this.editing || !entry.id
        ? nothing
        : html`<div class="actions">${this.pager()}
            ${entry.text ? this.button("pencil", t("message.edit"), this.edit) : nothing}
            ${this.button(this.copied ? "check" : "copy", this.copied ? t("copied") : t("message.copyQuestion"), this.copy)}
            ${this.menu()}
          </div>`}
    </article>`;
  }

  private answerRefusal(event: CustomEvent<Deed>): void {
    if (event.detail === "again") {
      this.leave();
      this.thread.sending.again(this.entry);
      return;
    }
    this.tell("edit", this.thread.sending.takeBack(this.entry));
    // Other words for a question: the first ones stand there again.
    if (this.entry.parentId !== undefined) void this.thread.load();
  }

  private answer(): TemplateResult {
    const { entry } = this;
    const { turn } = this.live;
    const live = turn !== undefined && isLive(turn);
    const receipt = turn?.receipt ?? entry.receipt;
    const models = this.client.models.value.items;
    const outcome = turn && outcomeNotice(turn);
    // What could be done then would now branch off in the middle of the conversation.
    const choice = models.filter(({ available, paused }) => available && !paused).length > 1;
    const deeds = this.last ? outcome?.deeds.filter((deed) => (deed === "other" ? choice : deed !== "plans" || !this.client.embedded)) : [];
    const notice = outcome && { ...outcome, deeds: deeds ?? [] };
    const name = `${live ? "writing" : ""} ${this.last ? "last" : ""} ${this.lit ? "flash" : ""}`;
    return html`<article tabindex="-1" class="answer ${name}" aria-busy=${String(live)}>
      <h2 class="unseen">${t("thread.assistant", { time: clock(entry.at, locale()) })}</h2>
      ${turn?.notices.map((line) => happened(line, models))}
      ${turn?.voices.length ? nothing : tookPart(receipt)}
      <div class="parts" @click=${this.clicked}></div>
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
    return html`<div class="actions">${this.pager()}
      ${hasText ? this.button(this.copied ? "check" : "copy", this.copied ? t("copied") : t("message.copy"), this.copy) : nothing}
      ${hasText ? this.button("again", t("message.regenerate"), this.regenerate) : nothing}
      ${hasText && this.entry.id ? this.menu() : nothing}
    </div>`;
  }

  private button(name: IconName, label: string, act: (event: Event) => void): TemplateResult {
    return html`<button class="quiet" type="button" aria-label=${label} title=${label} @click=${act}>${icon(name, 16)}</button>`;
  }

  private menu(): TemplateResult {
    return html`<button class="quiet" type="button" aria-label=${t("message.more")} title=${t("message.more")}
      aria-haspopup="menu" aria-expanded="false" @click=${this.open}>${icon("more", 16)}</button>`;
  }

  private pager(): TemplateResult | typeof nothing {
    const versions = versionsOf(this.entry);
    const at = this.entry.id ? versions.indexOf(this.entry.id) : versions.length;
    const count = Math.max(versions.length, at + 1);
    if (count < 2) return nothing;
    return html`<span class="pager" role="group" aria-label=${t("message.versions")} @keydown=${this.turn}>
      ${this.step("left", t("message.previous"), versions[at - 1])}
      <span class="figure">${t("message.version", { n: at + 1, count })}</span>
      ${this.step("right", t("message.next"), versions[at + 1])}
    </span>`;
  }

  /** It stays in the tab order at either end: a button that was just pressed must not lose the keyboard. */
  private step(to: "left" | "right", label: string, version: string | undefined): TemplateResult {
    return html`<button class="quiet ${to}" type="button" aria-label=${label} title=${label} aria-disabled=${String(!version)}
      @click=${() => version && void this.thread.branches.turnTo(this.entry, version)}>${icon(to, 16)}</button>`;
  }

  private turn(event: KeyboardEvent): void {
    const to = { ArrowLeft: "left", ArrowRight: "right" }[event.key];
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    const button = this.renderRoot.querySelector<HTMLElement>(`.pager .${to}`);
    button?.focus();
    button?.click();
  }

  private readonly edit = async (): Promise<void> => {
    if (this.isBusy()) return;
    await import("./editor.js");
    this.editing = true;
  };

  /** Whether other words can be had for it: it is stored, and it has some. */
  get editable(): boolean {
    const { role, id, sending, text } = this.entry;
    return role === "user" && !!id && !sending && !!text;
  }

  /** Opens it for other words, for somebody whose keyboard is elsewhere and goes back there. */
  rewrite(): void {
    this.visiting = true;
    void this.edit();
  }

  private readonly leaveEditor = async (): Promise<void> => {
    this.editing = false;
    if (this.visiting) {
      this.visiting = false;
      this.tell("compose");
      return;
    }
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(".actions button")?.focus();
  };

  private async edited(event: CustomEvent<string>): Promise<void> {
    event.stopPropagation();
    if (this.isBusy()) return;
    this.editing = this.visiting = false;
    this.tell("compose");
    await this.thread.branches.edit(this.entry, event.detail);
  }

  /** One answer at a time: says so, instead of a button that does nothing. */
  private isBusy(): boolean {
    const { busy } = this.thread;
    if (busy) this.tell("toast", { text: t("message.busy") });
    return busy;
  }

  private readonly open = async (event: Event): Promise<void> => {
    const button = event.currentTarget as HTMLElement;
    const deed = await offer(button, this.entry, this.client.models.value.items);
    if (!deed || (deed.kind !== "save" && this.isBusy())) return;
    if (deed.kind !== "save") this.leave();
    act(deed, this.entry, this.thread, this.live.turn?.text || this.entry.text, (toast) => this.tell("toast", toast));
  };

  private readonly regenerate = (): void => {
    if (this.isBusy()) return;
    this.leave();
    this.thread.branches.regenerate(this.entry);
  };

  /** Its row goes: a keyboard that is on it must not go with it. */
  private leave(): void {
    if (this.matches(":focus-within")) this.tell("compose");
  }

  private deed(event: CustomEvent<Deed>): void {
    if (event.detail === "other") this.tell("other-model", () => this.regenerate());
    else if (event.detail === "continue") {
      this.leave();
      this.thread.sending.submit({ text: t("notice.continueText") });
    } else this.regenerate();
  }

  private readonly copy = async (): Promise<void> => {
    const root = this.renderRoot.querySelector<HTMLElement>(".parts");
    await copyRich(this.live.turn?.text || this.entry.text, root ?? undefined);
    this.copied = true;
    setTimeout(() => (this.copied = false), 1500);
  };

  /** The buttons inside an answer are not Lit's: one listener serves them all. */
  private async clicked(event: Event): Promise<void> {
    const button = (event.target as Element).closest<HTMLElement>("button[data-action]");
    const figure = button?.closest("figure");
    if (!button || !figure) return;
    if (button.dataset["action"] === "wrap") {
      button.ariaPressed = String(figure.classList.toggle("wrap"));
      return;
    }
    await copy(figure.querySelector("code")?.textContent ?? "");
    button.textContent = t("copied");
    setTimeout(() => (button.textContent = t("copy")), 1500);
  }

  /** Inside: what stands in a host that Tab passes by would be passed by, too. */
  override focus(options?: FocusOptions): void {
    this.renderRoot.querySelector<HTMLElement>("article")?.focus(options);
  }

  /** Its edge lights up: somebody was sent here, perhaps before it was drawn. */
  flash(): void {
    this.lit = true;
    void this.updateComplete.then(() => this.focus({ preventScroll: true }));
    setTimeout(() => (this.lit = false), FLASH_MS);
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
