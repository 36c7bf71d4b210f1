// Which agents were asked in which turn, and why: for questions like "why did compliance answer that?".
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { agentName } from "../account/agents-words.js";
import { locale, t } from "../core/i18n.js";
import { full } from "../core/time.js";
import type { AgentList, RoutingPage, RoutingView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import "../ui/field.js";
import { ListLoader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";
import { entries, filters } from "./audit-styles.js";
import { daysOf } from "./days.js";
import { utcDate } from "./moments.js";
import { People } from "./people.js";

const FILTERS = ["creatorId", "agent", "from", "to"] as const;
type Filter = (typeof FILTERS)[number];

export class Routing extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    filters,
    entries,
    css`
      .filters {
        grid-template-columns: repeat(3, minmax(0, 1fr));
      }
      ol {
        display: grid;
        gap: 2px;
        margin: 0;
        padding: 0;
        list-style: none;
        font-size: 14px;
      }
      ol li {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 10px;
      }
      .about > .action::first-letter {
        text-transform: uppercase;
      }
      @media (max-width: 720px) {
        .filters {
          grid-template-columns: repeat(2, minmax(0, 1fr));
        }
        .filters > :first-child {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  /** What the address asks for: filters by name; `from` and `to` are days, both of them included. */
  @property() query = "";
  private filters: ReadonlyMap<Filter, string> = new Map();
  @state() private agents: readonly string[] = [];
  private readonly people = new People(this, () => this.client.api);
  private readonly list = new ListLoader<RoutingView>(this, async (cursor) => {
    const { from, to, ...rest } = Object.fromEntries(this.filters) as Partial<Record<Filter, string>>;
    const query = new URLSearchParams({ ...rest, ...daysOf(from, to) });
    if (cursor) query.set("cursor", cursor);
    const page = await this.client.api.get<RoutingPage>(`/api/admin/routing?${query}`);
    await this.people.learn([rest.creatorId, ...page.items.map(({ creatorId }) => creatorId)]);
    return page;
  });

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("query")) return;
    const asked = new URLSearchParams(this.query);
    this.filters = new Map(FILTERS.flatMap((name) => (asked.get(name) ? [[name, asked.get(name) ?? ""] as const] : [])));
    if (changed.get("query") !== undefined) void this.list.load();
  }

  override firstUpdated(): void {
    void this.readAgents();
  }

  private async readAgents(): Promise<void> {
    const found = await this.client.api.get<AgentList>("/api/agents").catch(() => undefined);
    this.agents = found?.builtIn.map(({ name }) => name) ?? []; // Without them, time and creator still narrow it.
  }

  override render(): TemplateResult {
    const chosen = (name: Filter): string => this.filters.get(name) ?? "";
    const creator = chosen("creatorId");
    const agent = chosen("agent");
    const agents = agent && !this.agents.includes(agent) ? [agent, ...this.agents] : this.agents;
    const day = (name: "from" | "to"): TemplateResult =>
      html`<causerie-field type="date" optional label=${t(name === "from" ? "audit.from" : "audit.to")} .initial=${chosen(name)} @input=${(event: Event) =>
        this.narrow(name, (event.currentTarget as HTMLElementTagNameMap["causerie-field"]).value)}></causerie-field>`;
    return html`<p class="muted">${t("routing.text")}</p>
      <search class="filters">
        <causerie-select label=${t("routing.agent")} .value=${agent}
          .choices=${[{ id: "", label: t("routing.anyAgent") }, ...agents.map((id) => ({ id, label: agentName(id) }))]}
          @causerie-change=${(event: CustomEvent<string>) => this.narrow("agent", event.detail)}></causerie-select>
        ${day("from")}${day("to")}
      </search>
      ${creator
        ? html`<div class="chosen"><button class="button small" type="button" @click=${() => this.narrow("creatorId", "")}
            aria-label=${t("audit.unfilter", { filter: this.people.of(creator) })}><span dir="auto">${this.people.of(creator)}</span> ✕</button></div>`
        : nothing}
      ${this.list.render(({ items }) =>
        items.length
          ? html`<ul class="rows">${items.map((one) => this.entry(one))}</ul>${this.list.rest()}`
          : html`<p class="muted rows">${t(this.filters.size ? "routing.none" : "routing.empty")}</p>`,
      )}`;
  }

  private entry({ at, creatorId, request, agents }: RoutingView): TemplateResult {
    const name = this.people.of(creatorId);
    const sure = new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 });
    return html`<li class="entry">
      <div class="when">
        <time class="figure" datetime=${at} title=${full(at, locale())}>${t("audit.at", { at: utcDate(at, locale()) })}</time>
        <button class="link" type="button" dir="auto" title=${t("routing.onlyFrom", { name })} @click=${() => this.narrow("creatorId", creatorId)}>${name}</button>
      </div>
      <div class="about">
        <span class="action" dir="auto">${request === "chat" ? t("routing.chat") : request.replaceAll("_", " ")}</span>
        <ol>${agents.map(
          ({ agent, why, score }) => html`<li><button class="link action" type="button" @click=${() => this.narrow("agent", agent)}>${agentName(agent)}</button>
            <span class="muted" dir="auto">${why}</span> <small class="figure">${t("routing.score", { percent: sure.format(score) })}</small></li>`,
        )}</ol>
      </div>
    </li>`;
  }

  private narrow(filter: Filter, value: string): void {
    const filters = new Map(this.filters);
    if (value) filters.set(filter, value);
    else filters.delete(filter);
    this.tell("navigate", { path: `/admin/providers?${new URLSearchParams([["view", "routing"], ...filters])}` });
  }
}

define("causerie-routing", Routing);
