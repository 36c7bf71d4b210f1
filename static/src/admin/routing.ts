// Which agents were asked in which turn, and why: for questions like "why did compliance answer that?".
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { agentName } from "../core/agents.js";
import { locale, t, type Key } from "../core/i18n.js";
import { whyAsked } from "../core/reasons.js";
import { full } from "../core/time.js";
import type { AgentList, RoutingPage, RoutingView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { ListLoader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";
import { entries, filters } from "./audit-styles.js";
import { utcDate } from "./moments.js";
import { NarrowedList } from "./narrowed.js";

const FILTERS = ["creatorId", "agent"] as const;

export class Routing extends NarrowedList<(typeof FILTERS)[number]> {
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

  protected readonly names = FILTERS;
  protected readonly path = "/admin/providers?view=routing";
  @state() private agents: readonly string[] = [];
  protected readonly list = new ListLoader<RoutingView>(this, async (cursor) => {
    const page = await this.client.api.get<RoutingPage>(`/api/admin/routing?${this.asked(cursor)}`);
    await this.people.learn([this.chosen("creatorId"), ...page.items.map(({ creatorId }) => creatorId)]);
    return page;
  });

  override firstUpdated(): void {
    void this.readAgents();
  }

  private async readAgents(): Promise<void> {
    const found = await this.client.api.get<AgentList>("/api/agents").catch(() => undefined);
    this.agents = found?.builtIn.map(({ name }) => name) ?? []; // Without them, time and creator still narrow it.
  }

  override render(): TemplateResult {
    const creator = this.chosen("creatorId");
    const agent = this.chosen("agent");
    const agents = agent && !this.agents.includes(agent) ? [agent, ...this.agents] : this.agents;
    return html`<p class="muted">${t("routing.text")}</p>
      <search class="filters">
        <causerie-select label=${t("routing.agent")} .value=${agent}
          .choices=${[{ id: "", label: t("routing.anyAgent") }, ...agents.map((id) => ({ id, label: agentName(id) }))]}
          @causerie-change=${(event: CustomEvent<string>) => this.narrow("agent", event.detail)}></causerie-select>
        ${this.day("from")}${this.day("to")}
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
        <span class="action" dir="auto">${kindName(request)}</span>
        <ol>${agents.map(
          ({ agent, why, reason = "", words = [], score }) => html`<li><button class="link action" type="button" @click=${() => this.narrow("agent", agent)}>${agentName(agent)}</button>
            <span class="muted" dir="auto">${whyAsked(why, reason, words)}</span> <small class="figure">${t("routing.score", { percent: sure.format(score) })}</small></li>`,
        )}</ol>
      </div>
    </li>`;
  }
}

/** What was asked for; one that this page does not know speaks for itself. */
function kindName(request: string): string {
  const key = `routing.kind.${request}` as Key;
  const text = t(key);
  return text === key ? request.replaceAll("_", " ") : text;
}

define("causerie-routing", Routing);
