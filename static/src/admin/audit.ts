// The audit log: who changed what, from what to what. Nobody can change it here.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { full } from "../core/time.js";
import type { AuditEntryView, AuditPage, UserView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { ListLoader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";
import { changes, type Change } from "./audit-change.js";

const FILTERS = ["actorId", "targetId", "action"] as const;
type Filter = (typeof FILTERS)[number];

export class Audit extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      .filters {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-block-start: 16px;
      }
      .filters .button span {
        max-inline-size: 40ch;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .entry {
        display: grid;
        grid-template-columns: 200px minmax(0, 1fr);
        gap: 4px 24px;
        padding-block: 12px;
        border-block-end: 1px solid var(--line);
      }
      .entry:first-child {
        border-block-start: 1px solid var(--line);
      }
      .action {
        font-weight: 500;
      }
      .who,
      .about {
        overflow-wrap: anywhere;
      }
      .who small,
      .about small {
        display: block;
      }
      .link {
        min-block-size: 24px;
        padding: 0;
        border: 0;
        background: none;
        color: inherit;
        text-align: start;
        text-decoration: underline;
        text-decoration-color: var(--control);
        text-underline-offset: 0.18em;
        overflow-wrap: anywhere;
      }
      .link:hover {
        text-decoration-color: currentColor;
      }
      dl {
        display: grid;
        grid-template-columns: fit-content(40%) minmax(0, 1fr);
        gap: 2px 16px;
        margin-block-start: 6px;
        font-size: 14px;
      }
      dt {
        color: var(--muted);
      }
      dd {
        overflow-wrap: anywhere;
      }
      del {
        color: var(--muted);
      }
      ins {
        text-decoration: none;
      }
      .arrow {
        color: var(--muted);
      }
      @media (max-width: 720px) {
        .entry {
          grid-template-columns: minmax(0, 1fr);
        }
        .filters .button span {
          max-inline-size: 26ch;
        }
      }
    `,
  ];

  /** What the address asks for: filters by name. */
  @property() query = "";
  private filters: ReadonlyMap<Filter, string> = new Map();
  /** What those are called who changed something; somebody who was deleted stays an id. */
  @state() private names: ReadonlyMap<string, string> = new Map();
  private readonly list = new ListLoader<AuditEntryView>(this, async (cursor) => {
    const query = new URLSearchParams([...this.filters]);
    if (cursor) query.set("cursor", cursor);
    const page = await this.client.api.get<AuditPage>(`/api/admin/audit?${query}`);
    await this.name(page.items);
    return page;
  });

  private async name(items: readonly AuditEntryView[]): Promise<void> {
    const actors = new Set(items.map(({ actorId }) => actorId ?? "").filter((id) => id && !this.names.has(id)));
    const found = await Promise.all(
      [...actors].map(async (id) => {
        const user = await this.client.api.get<UserView>(`/api/admin/users/${id}`).catch(() => undefined);
        return [id, user?.email ?? user?.name ?? id] as const;
      }),
    );
    this.names = new Map([...this.names, ...found]);
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("query")) return;
    const asked = new URLSearchParams(this.query);
    this.filters = new Map(FILTERS.flatMap((name) => (asked.get(name) ? [[name, asked.get(name) ?? ""] as const] : [])));
    if (changed.get("query") !== undefined) void this.list.load();
  }

  override render(): TemplateResult {
    return html`
      <h1>${t("audit.title")}</h1>
      <p class="muted lead">${t("audit.text")}</p>
      ${this.filters.size
        ? html`<div class="filters">${[...this.filters].map(([name, value]) => {
            const words = t(`audit.filter.${name}`, { value: this.names.get(value) ?? value });
            return html`<button class="button small" type="button" aria-label=${t("audit.unfilter", { filter: words })}
              @click=${() => this.narrow(name, undefined)}><span>${words}</span> ✕</button>`;
          })}</div>`
        : nothing}
      ${this.list.render(({ items }) =>
        items.length
          ? html`<ul class="rows">${items.map((entry) => this.entry(entry))}</ul>${this.list.rest()}`
          : html`<p class="muted rows">${t(this.filters.size ? "audit.none" : "audit.empty")}</p>`,
      )}
    `;
  }

  private entry(entry: AuditEntryView): TemplateResult {
    return html`<li class="entry">
      <div class="who">
        <span class="figure">${full(entry.at, locale())}</span>
        ${entry.actorId
          ? html`<small>${this.link("actorId", entry.actorId, this.names.get(entry.actorId) ?? entry.actorId)}</small>
              <small>${entry.address}</small>`
          : html`<small>${t("audit.operator")}</small>`}
      </div>
      <div class="about">
        <span class="action">${this.link("action", entry.action, entry.action)}</span>
        <small>${entry.targetKind} ${this.link("targetId", entry.targetId, entry.targetId)}</small>
        ${this.difference(changes(entry.before, entry.after))}
      </div>
    </li>`;
  }

  private difference(changed: readonly Change[]): TemplateResult | typeof nothing {
    if (!changed.length) return nothing;
    return html`<dl>${changed.map(
      ({ name, before, after }) => html`<dt>${name}</dt><dd>
        ${before === undefined ? nothing : html`<span class="unseen">${t("audit.before")} </span><del>${before}</del>`}
        ${before !== undefined && after !== undefined ? html` <span class="arrow" aria-hidden="true">→</span> ` : nothing}
        ${after === undefined ? nothing : html`<span class="unseen">${t("audit.after")} </span><ins>${after}</ins>`}
      </dd>`,
    )}</dl>`;
  }

  private link(filter: Filter, value: string, words: string): TemplateResult {
    return html`<button class="link" type="button" title=${t("audit.narrow")} @click=${() => this.narrow(filter, value)}>${words}</button>`;
  }

  private narrow(filter: Filter, value: string | undefined): void {
    const filters = new Map(this.filters);
    if (value === undefined) filters.delete(filter);
    else filters.set(filter, value);
    this.tell("navigate", { path: `/admin/audit${filters.size ? `?${new URLSearchParams([...filters])}` : ""}` });
  }
}

define("causerie-audit", Audit);
