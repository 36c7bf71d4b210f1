// Every movement of one's credits, newest first: what it was, what it took, and the calls behind it.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { locale, t } from "../core/i18n.js";
import { credits } from "../core/money.js";
import type { Page } from "../core/resources.js";
import { chatPath } from "../core/route.js";
import { full } from "../core/time.js";
import type { CreditsView, EntryView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { ListLoader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";
import "./usage-calls.js";
import { came, KINDS, kindKey } from "./entries.js";
import { keepFresh } from "./fresh.js";

/** A turn's calls were made at most so long before its entry, and a little after at the latest. */
const BEFORE_MS = 86_400_000;
const AFTER_MS = 3_600_000;

export class Ledger extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    css`
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: end;
        justify-content: space-between;
        gap: 8px 16px;
      }
      .choose {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
      }
      causerie-select {
        inline-size: 190px;
      }
      .amount {
        min-inline-size: 5.5em;
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .came {
        color: var(--ok);
      }
      .row .what {
        flex-basis: 180px;
      }
      .behind {
        flex: 1 1 100%;
        margin-block: 4px 8px;
        padding-inline-start: 16px;
        border-inline-start: 2px solid var(--line);
      }
      .row .deeds {
        margin-block: 0;
        flex: none;
      }
      @media (max-width: 720px) {
        .row .what {
          flex: 1 1 0;
        }
        .row .deeds {
          order: 1;
          flex: 1 1 100%;
          margin-block-start: 8px;
        }
        .row .deeds:empty {
          display: none;
        }
        .behind {
          order: 2;
        }
      }
    `,
  ];

  @state() private kind = "";
  @state() private opened: string | undefined;
  private readonly list = new ListLoader<EntryView>(this, (cursor) => this.read(cursor));

  constructor() {
    super();
    keepFresh(this, () => this.list.renew(({ id }) => id));
  }

  private async read(cursor: string | undefined): Promise<Page<EntryView>> {
    const query = new URLSearchParams({ limit: "20" });
    if (this.kind) query.set("kind", this.kind);
    if (cursor) query.set("cursor", cursor);
    const { entries, nextCursor } = await this.client.api.get<CreditsView>(`/api/credits?${query}`);
    return { items: entries, nextCursor };
  }

  override render(): TemplateResult {
    const table = this.kind ? `?kind=${this.kind}` : "";
    return html`<section>
      <div class="head">
        <div><h2>${t("ledger.title")}</h2><p class="muted">${t("ledger.text")}</p></div>
        <div class="choose">
          <causerie-select small label=${t("ledger.show")} .value=${this.kind} @causerie-change=${this.show}
            .choices=${[{ id: "", label: t("ledger.all") }, ...KINDS.map((id) => ({ id, label: t(`ledger.${id}`) }))]}></causerie-select>
          <a class="button small" download href=${`/api/credits.csv${table}`}>${icon("download", 16)}${t("usage.csv")}</a>
        </div>
      </div>
      ${this.list.render(({ items }) => items.length
        ? html`<ul class="rows">${repeat(items, ({ id }) => id, (entry) => this.row(entry))}</ul>${this.list.rest()}`
        : html`<p class="muted rows">${t(this.kind ? "ledger.noneOfKind" : "ledger.none")}</p>`)}
    </section>`;
  }

  private row(entry: EntryView): TemplateResult {
    const { turnId, conversationId } = entry;
    const open = this.opened === entry.id;
    const key = kindKey(entry.kind);
    const words = key ? t(key) : entry.kind;
    const amount = credits(entry.credits, locale(), true);
    const at = full(entry.at, locale());
    return html`<li class="row">
      <div class="what">${words}${entry.reason ? html`<small dir="auto">${entry.reason}</small>` : nothing}
        <small><time datetime=${entry.at}>${at}</time></small></div>
      <div class="deeds">${turnId
        ? html`<button class="button small" type="button" aria-expanded=${String(open)} aria-label=${t("ledger.callsOf", { at })}
              @click=${() => (this.opened = open ? undefined : entry.id)}>${t("ledger.calls")}</button>
            ${conversationId
              ? html`<a class="button small" aria-label=${t("ledger.chatOf", { at })} href=${chatPath(conversationId)}>${t("ledger.chat")}</a>`
              : nothing}`
        : nothing}</div>
      <span class="amount ${came(entry.credits) ? "came" : ""}">${came(entry.credits) ? `+${amount}` : amount.replace("-", "−")}</span>
      ${open && turnId ? html`<div class="behind"><causerie-usage-calls .query=${behind(entry.at, turnId)}></causerie-usage-calls></div>` : nothing}
    </li>`;
  }

  private show(event: CustomEvent<string>): void {
    event.stopPropagation();
    this.kind = event.detail;
    this.opened = undefined;
    void this.list.load();
  }
}

function behind(at: string, turnId: string): string {
  const moment = Date.parse(at);
  const [from, to] = [moment - BEFORE_MS, moment + AFTER_MS].map((one) => new Date(one).toISOString()) as [string, string];
  return new URLSearchParams({ from, to, turnId }).toString();
}

define("causerie-ledger", Ledger);
