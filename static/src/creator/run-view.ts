// The base of what shows one answer of a tool: while it is made, or as the history has kept it.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import "../chat/receipt.js";
import type { Notice } from "../chat/words.js";
import type { ErrandState } from "../core/errand.js";
import { t } from "../core/i18n.js";
import { stopwatch } from "../core/time.js";
import { isLive, type TurnState } from "../core/turns.js";
import type { GenerationView } from "../core/wire.gen.js";
import { ClientElement } from "../ui/element.js";
import "./chat-texts.js";
import { ending } from "./ending.js";
import "./refused.js";

const TICK_MS = 500;

/** How both look: parts below each other, and a dot that moves while something is made. */
export const runView = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 14px;
    align-content: start;
    min-inline-size: 0;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    font-size: 13px;
    color: var(--muted);
  }
  .dot {
    inline-size: 8px;
    block-size: 8px;
    border-radius: 50%;
    background: var(--accent);
    animation: pulse 1.4s ease-in-out infinite;
  }
  @keyframes pulse {
    50% {
      opacity: 0.3;
    }
  }
`;

export class RunView extends ClientElement {
  @property({ attribute: false }) run: ErrandState | undefined;
  @property({ attribute: false }) generation: GenerationView | undefined;
  private tick: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.tick = setInterval(() => this.live && this.requestUpdate(), TICK_MS);
  }

  override disconnectedCallback(): void {
    clearInterval(this.tick);
    super.disconnectedCallback();
  }

  protected get live(): boolean {
    return !!this.run && !this.run.refused && isLive(this.run.turn);
  }

  protected get turnId(): string {
    return this.generation?.id ?? this.run?.turn.turnId ?? "";
  }

  /** What happens, since when, and how to end it. */
  protected going(turn: TurnState, words: string): TemplateResult {
    const stopping = turn.phase === "stopping";
    return html`<i class="dot"></i><span role="status">${stopping ? t("creator.stopping") : words}</span>
      <span class="figure">${stopwatch(Date.now() - turn.since)}</span>
      <span class="end"><button class="button small" type="button" ?disabled=${stopping} @click=${() => this.tell("stop")}>${t("creator.stop")}</button></span>`;
  }

  /** How it ended, unless well; `turn`: as far as there is something to say of it. */
  protected ending(turn: TurnState): Notice[] {
    return !this.run || this.live || this.run.refused ? [] : ending(this.run, turn);
  }

  protected receipt(): TemplateResult | typeof nothing {
    const receipt = this.generation?.receipt ?? this.run?.turn.receipt;
    return receipt
      ? html`<causerie-receipt .receipt=${receipt} .models=${this.client.models.value.items} .turnId=${this.turnId}></causerie-receipt>`
      : nothing;
  }
}
