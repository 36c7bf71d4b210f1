// Incidents that go on and those that are over, newest first.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { inSentence, locale, t } from "../core/i18n.js";
import type { AlertPage, AlertView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { ListLoader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";
import "./incident.js";
import { utcDate } from "./moments.js";
import { People } from "./people.js";

const STATES = ["open", "closed"] as const;
const KINDS = ["cost_spike", "request_burst", "daily_cost", "provider_errors", "dead_letters"] as const;
const SCOPES = ["system", "creator", "feature", "agent", "model", "provider"] as const;

type Filter = "state" | "kind" | "scope";

export class Incidents extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    css`
      search {
        display: grid;
        grid-template-columns: repeat(3, minmax(0, 1fr));
        gap: 12px;
        max-inline-size: 700px;
        margin-block-start: 20px;
      }
      .incident {
        border-block-end: 1px solid var(--line);
      }
      .incident:first-child {
        border-block-start: 1px solid var(--line);
      }
      .head {
        display: grid;
        grid-template-columns: 18px minmax(0, 1fr) auto 16px;
        gap: 2px 12px;
        align-items: center;
        inline-size: 100%;
        padding: 12px 0;
        border: 0;
        background: none;
        text-align: start;
      }
      .head:hover {
        background: color-mix(in oklab, var(--text) 4%, transparent);
      }
      .head[aria-expanded="true"] > svg:last-child {
        transform: rotate(180deg);
      }
      .head > svg {
        color: var(--muted);
      }
      .open.high .head > svg:first-child {
        color: var(--bad);
      }
      .open.watch .head > svg:first-child {
        color: var(--warn);
      }
      .about {
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .about strong {
        font-weight: 500;
      }
      .about small {
        display: block;
      }
      .when {
        color: var(--muted);
        font-size: 13px;
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      causerie-incident {
        padding-inline: 30px 0;
      }
      @media (max-width: 720px) {
        search {
          grid-template-columns: repeat(auto-fit, minmax(140px, 1fr));
        }
        .head {
          grid-template-columns: 18px minmax(0, 1fr) 16px;
        }
        .when {
          grid-area: 2 / 2;
          text-align: start;
        }
        causerie-incident {
          padding-inline: 0;
        }
      }
    `,
  ];

  /** The one that a link leads to. */
  @property() wanted = "";
  @state() private open: ReadonlySet<string> = new Set();
  private readonly filters = new Map<Filter, string>();
  private readonly people = new People(this, () => this.client.api);
  private readonly list = new ListLoader<AlertView>(this, async (cursor) => {
    const asked = new URLSearchParams([...this.filters]);
    if (cursor) asked.set("cursor", cursor);
    const page = await this.client.api.get<AlertPage>(`/api/admin/alerts?${asked}`);
    void this.people.learn(page.items.flatMap(({ scopeKind, scopeKey }) => (scopeKind === "creator" ? [scopeKey] : [])));
    return page;
  });

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("wanted") && this.wanted) this.open = new Set([this.wanted]);
  }

  override render(): TemplateResult {
    const select = (name: Filter, label: string, any: string, choices: readonly { id: string; label: string }[]): TemplateResult =>
      html`<causerie-select label=${label} .choices=${[{ id: "", label: any }, ...choices]}
        @causerie-change=${(event: CustomEvent<string>) => this.narrow(name, event.detail)}></causerie-select>`;
    return html`<search>
        ${select("state", t("incidents.state"), t("incidents.anyState"), STATES.map((id) => ({ id, label: t(`incidents.state.${id}`) })))}
        ${select("kind", t("incidents.kind"), t("incidents.anyKind"), KINDS.map((id) => ({ id, label: t(`incidents.kind.${id}`) })))}
        ${select("scope", t("incidents.scope"), t("incidents.anyScope"), SCOPES.map((id) => ({ id, label: t(`incidents.scope.${id}`) })))}
      </search>
      ${this.list.render(({ items }) =>
        items.length
          ? html`<ul class="rows">${items.map((alert) => this.row(alert))}</ul>${this.list.rest()}`
          : html`<p class="muted rows">${t(this.filters.size ? "incidents.none" : "incidents.never")}</p>`,
      )}`;
  }

  private row(alert: AlertView): TemplateResult {
    const open = this.open.has(alert.id);
    return html`<li class="incident ${alert.state} ${alert.severity}">
      <button class="head" type="button" aria-expanded=${String(open)} @click=${() => this.toggle(alert.id)}>
        ${icon(alert.state === "closed" ? "check" : alert.severity === "high" ? "alert" : "info", 18)}
        <span class="about"><strong>${t(`incidents.kind.${alert.kind}`)}</strong>, <span dir="auto">${this.scope(alert)}</span>
          ${alert.state === "open" ? html` <span class="tag ${alert.severity === "high" ? "bad" : "warn"}">${t(`incidents.severity.${alert.severity}`)}</span>` : nothing}
          ${alert.acknowledgedAt ? html` <span class="tag">${t("incidents.acknowledged")}</span>` : nothing}
          ${alert.paused ? html` <span class="tag warn">${t("incidents.pausedTag")}</span>` : nothing}
          <small>${t("incidents.figures", { observed: alert.observed, usual: alert.usual })}</small></span>
        <span class="when">${t("incidents.utc", { at: utcDate(alert.since, locale()) })}</span>
        ${icon("chevron", 16)}
      </button>
      ${open ? html`<causerie-incident .alert=${alert} @causerie-changed=${() => void this.list.load()}></causerie-incident>` : nothing}
    </li>`;
  }

  private scope({ scopeKind, scopeKey }: AlertView): string {
    const kind = inSentence(t(`incidents.scope.${scopeKind}`));
    return scopeKind === "system" ? kind : `${kind} ${this.people.of(scopeKey)}`;
  }

  private toggle(id: string): void {
    const open = new Set(this.open);
    if (!open.delete(id)) open.add(id);
    this.open = open;
  }

  private narrow(name: Filter, value: string): void {
    if (value) this.filters.set(name, value);
    else this.filters.delete(name);
    void this.list.load();
  }
}

define("causerie-incidents", Incidents);
