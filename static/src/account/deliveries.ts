// What was sent to a webhook in the last thirty days: each attempt, what was answered, and once more.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { locale, t } from "../core/i18n.js";
import type { Page } from "../core/resources.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { Attempt, DeliveryView, HookView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { ListLoader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { stateWords } from "./hook-words.js";

/** While something is on its way: often enough to see it arrive. */
const LOOK_MS = 1_500;
/** What is due later than that is not waited for. */
const SOON_MS = 30_000;

export class Deliveries extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    css`
      :host {
        margin-block-start: 24px;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 12px;
        margin-block: 8px 4px;
      }
      .head h2 {
        flex: 1 1 240px;
        margin: 0;
        overflow-wrap: anywhere;
      }
      @media (max-width: 720px) {
        .head h2 {
          flex-basis: 100%;
        }
      }
      ol {
        flex: 1 1 100%;
        display: grid;
        gap: 6px;
        font-size: 13px;
      }
      ol li {
        display: grid;
        gap: 4px;
      }
      pre {
        margin: 0;
        padding: 8px 10px;
        max-block-size: 160px;
        border-radius: var(--radius-small);
        background: var(--sunken);
        font: 12px/1.5 var(--mono);
        white-space: pre-wrap;
        overflow: auto;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) hook!: HookView;
  @state() private busy = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly list = new ListLoader<DeliveryView>(this, (cursor) => this.read(cursor));

  override disconnectedCallback(): void {
    clearTimeout(this.timer);
    super.disconnectedCallback();
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>("h2")?.focus();
  }

  private get path(): string {
    return `/api/ai/hooks/${this.hook.id}`;
  }

  private async read(cursor: string | undefined): Promise<Page<DeliveryView>> {
    const page = await this.client.api.get<Page<DeliveryView>>(`${this.path}/deliveries?limit=25${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    const moving = page.items.some(({ state, nextAt }) => state === "waiting" && nextAt && Date.parse(nextAt) < Date.now() + SOON_MS);
    clearTimeout(this.timer);
    // Only the newest are looked at again: who reads on is not thrown back.
    if (moving && !cursor && this.isConnected) this.timer = setTimeout(() => void this.list.load(), LOOK_MS);
    return page;
  }

  override render(): TemplateResult {
    return html`<section>
      <button class="button small" type="button" @click=${() => this.tell("left")}>${icon("left", 14)}${t("deliveries.back")}</button>
      <div class="head"><h2 tabindex="-1" dir="auto">${t("deliveries.title", { url: this.hook.url })}</h2>
        <button class="button small" type="button" ?disabled=${this.busy || !this.hook.enabled} @click=${this.test}>${t("hooks.test")}</button></div>
      <p class="muted">${t("deliveries.text")}</p>
      ${this.list.render(({ items }) =>
        items.length ? html`<ul class="rows">${repeat(items, ({ eventId }) => eventId, (one) => this.row(one))}</ul>` : html`<p class="muted rows">${t("deliveries.empty")}</p>`,
      )}
      ${this.list.rest()}
    </section>`;
  }

  private row(one: DeliveryView): TemplateResult {
    const { words, tag } = stateWords(one.state);
    return html`<li class="row">
      <div class="what"><strong>${one.event}</strong> <span class="tag ${tag}">${words}</span>
        <small>${full(one.createdAt, locale())}</small>
        ${one.state === "waiting" && one.nextAt && one.attempts.length ? html`<small>${t("deliveries.next", { at: full(one.nextAt, locale()) })}</small>` : nothing}</div>
      <div class="deeds"><button class="button small" type="button" ?disabled=${this.busy || !this.hook.enabled}
        aria-label=${t("deliveries.replayLabel", { event: one.event, at: full(one.createdAt, locale()) })}
        @click=${() => void this.send(`${this.path}/deliveries/${one.eventId}/replay`)}>${t("deliveries.replay")}</button></div>
      ${one.attempts.length ? html`<ol aria-label=${t("deliveries.attempts")}>${one.attempts.map((attempt, at) => this.attempt(attempt, at + 1))}</ol>` : nothing}
    </li>`;
  }

  private attempt({ at, status, durationMs, excerpt, error }: Attempt, count: number): TemplateResult {
    const outcome = status === null ? (error ?? t("deliveries.silent")) : t("deliveries.status", { status: String(status) });
    return html`<li><span><span class="muted figure">${t("deliveries.attempt", { count, at: full(at, locale()) })}</span>
        ${outcome} <span class="muted figure">${t("deliveries.took", { milliseconds: durationMs })}</span></span>
      ${excerpt ? html`<pre tabindex="0" aria-label=${t("deliveries.answer")} dir="auto">${excerpt}</pre>` : nothing}</li>`;
  }

  private readonly test = (): Promise<void> => this.send(`${this.path}/test`);

  private async send(path: string): Promise<void> {
    this.busy = true;
    try {
      await this.client.api.post(path);
      this.tell("toast", { text: t("deliveries.sent") });
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
    await this.list.load();
    this.busy = false;
  }
}

define("causerie-deliveries", Deliveries);
