// What was made before with one tool, newest first: opened again, asked again, deleted with a way back.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { locale, t, type Key } from "../core/i18n.js";
import { isZero, usd } from "../core/money.js";
import { full } from "../core/time.js";
import type { GenerationPage, GenerationView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { Leaving } from "../ui/leaving.js";
import { ListLoader } from "../ui/loader.js";
import type { Kind } from "./answers.js";
import { isPlatform, PLATFORM_NAMES } from "./platforms.js";
import { runsOf } from "./runs.js";
import { tools } from "./styles.js";
import "./texts.js";

const PAGE = 10;
const EXCERPT = 140;
/** Until one that is being made, here or in another window, is looked at again. */
const LOOK_MS = 4_000;

const isLive = ({ state }: GenerationView): boolean => state === "running" || state === "admitted";

/** What a request was about, in its own words: its longest text says it. */
export function about(input: unknown): string {
  let longest = "";
  const look = (value: unknown): void => {
    if (typeof value === "string" && value.length > longest.length) longest = value;
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(look);
  };
  look(input);
  const line = longest.replace(/\s+/g, " ").trim();
  return line.length > EXCERPT ? `${line.slice(0, EXCERPT)}…` : line;
}

export class Made extends ClientElement {
  static override styles = [base, buttons, tools];

  @property() kind: Kind = "completion";
  /** The one that is shown above. */
  @property() shown = "";
  /** Beside which it is compared. */
  @property() beside = "";
  @property({ type: Boolean }) compares = false;
  private readonly leaving = new Leaving(this, () => this.list.load());
  private soon: ReturnType<typeof setTimeout> | undefined;
  private stop: (() => void) | undefined;
  private readonly list = new ListLoader<GenerationView>(this, (cursor) =>
    this.client.api.get<GenerationPage>(`/api/generations?kind=${this.kind}&limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`),
  );
  private readonly again = (): void => void this.list.load();

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => {
      runsOf(this.client).addEventListener("ended", this.again);
      // What could not be read while the server was away is read when it is back.
      this.stop ??= this.client.socket.connection.subscribe(({ phase }) => {
        if (phase === "open" && this.list.failed) void this.list.load();
      });
    });
  }

  override disconnectedCallback(): void {
    clearTimeout(this.soon);
    this.stop?.();
    this.stop = undefined;
    runsOf(this.client).removeEventListener("ended", this.again);
    super.disconnectedCallback();
  }

  override updated(changed: PropertyValues): void {
    // Who steps through them hears of each change.
    this.tell("listed");
    clearTimeout(this.soon);
    if (this.items.some(isLive)) this.soon = setTimeout(this.again, LOOK_MS);
    if (changed.has("kind") && changed.get("kind") !== undefined && this.list.value) {
      this.list.value = undefined;
      void this.list.load();
    }
  }

  /** What is known of them, newest first, for stepping through. */
  get items(): readonly GenerationView[] {
    return (this.list.value?.items ?? []).filter(({ id }) => !this.leaving.has(id));
  }

  override render(): TemplateResult {
    return html`<h2>${t("creator.made")}</h2>
      ${this.list.render(() => {
        const { items } = this;
        return html`${items.length ? html`<ul class="rows">${repeat(items, ({ id }) => id, (one) => this.row(one))}</ul>` : html`<p class="empty">${t("creator.madeNone")}</p>`}
          ${this.list.rest()}`;
      })}`;
  }

  private row(one: GenerationView): TemplateResult {
    const words = about(one.input);
    const charged = one.receipt?.chargedUsd;
    const cost = charged === undefined ? "" : isZero(charged) ? t("receipt.free") : usd(charged, locale());
    const live = isLive(one);
    const { platform } = one.input;
    return html`<li class="row">
      <div class="what"><span dir="auto">${words}</span>${isPlatform(platform) ? html` <span class="tag">${PLATFORM_NAMES[platform]}</span>` : nothing}
        <small class="figure">${[full(one.createdAt, locale()), one.model.slice(one.model.indexOf("/") + 1), cost].filter(Boolean).join(" · ")}
          ${one.state === "completed" ? nothing : html` <span class="tag ${one.state === "failed" ? "bad" : ""}">${t(`creator.state.${live ? "running" : one.state}` as Key)}</span>`}
        </small>
      </div>
      <div class="deeds">
        <button class="button small" type="button" aria-pressed=${String(this.shown === one.id)} ?disabled=${live || one.output === null}
          @click=${() => this.tell("open", one)}>${t("creator.open")}</button>
        ${this.compares
          ? html`<button class="button small" type="button" aria-pressed=${String(this.beside === one.id)} ?disabled=${live || this.shown === one.id}
              @click=${() => this.tell("compare", one)}>${t("creator.compare")}</button>`
          : nothing}
        <button class="button small" type="button" @click=${() => this.tell("reuse", one)}>${t("creator.reuse")}</button>
        <button class="quiet" type="button" ?disabled=${live} title=${t("creator.delete")} aria-label=${t("creator.deleteThis", { what: words })}
          @click=${() => this.leave(one)}>${icon("trash", 16)}</button>
      </div>
    </li>`;
  }

  private leave(one: GenerationView): void {
    this.leaving.remove(one.id, `/api/generations/${one.id}`, t("creator.deleted"));
    this.tell("removed", one);
  }
}

define("causerie-made", Made);
