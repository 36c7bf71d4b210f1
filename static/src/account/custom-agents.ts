// Agents of one's own: what they are told, which model they have, what they may use; and a chat to try.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { agentName } from "../core/agents.js";
import type { ModelsState } from "../core/client.js";
import { t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { AgentList, CustomAgentView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { KeptPage } from "../ui/kept.js";
import { Loader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";
import { isGone } from "./agents-words.js";
import "./custom-agent-form.js";
import { toolName } from "./tools.js";

export class CustomAgents extends KeptPage<CustomAgentView> {
  static override styles = [base, buttons, sections, pages];

  private readonly models = new StoreController(this, (value: ModelsState) => value);
  private readonly list = new Loader<AgentList>(this, () => this.client.api.get<AgentList>("/api/agents"));

  protected reload(): Promise<void> {
    return this.list.load();
  }

  override render(): TemplateResult {
    return html`
      <h1>${t("page.agents")}</h1>
      <p class="muted lead">${t("agents.text")}</p>
      ${this.editing === undefined
        ? this.list.render((found) => this.shown(found))
        : html`<causerie-custom-agent-form .agent=${this.editing} @causerie-saved=${this.saved} @causerie-left=${this.left}></causerie-custom-agent-form>`}`;
  }

  private shown({ items, builtIn }: AgentList): TemplateResult {
    const own = items.filter(({ id }) => !this.leaving.has(id));
    return html`<section>
        <h2>${t("agents.own")}</h2>
        ${own.length ? html`<ul class="rows">${repeat(own, ({ id }) => id, (agent) => this.row(agent))}</ul>` : this.empty(t("agents.empty"))}
        ${this.newButton(t("agents.new"))}
      </section>
      <section>
        <h2>${t("agents.builtIn")}</h2>
        <ul class="rows">${builtIn.map(({ name, description }) => html`<li class="row">
          <div class="what"><strong>${agentName(name)}</strong><small>${description}</small></div>
          <div class="deeds"><a class="button small" href=${`/chat?agent=${name}`} aria-label=${t("agents.tryLabel", { name: agentName(name) })}>${t("agents.try")}</a></div>
        </li>`)}</ul>
      </section>`;
  }

  private row(agent: CustomAgentView): TemplateResult {
    const { id, name, description, model, tools } = agent;
    const { items } = this.models.follow(this.client.models) ?? { items: [] };
    const facts = [
      items.find((one) => one.id === model)?.title ?? model ?? t("agents.usualModel"),
      ...tools.map(toolName),
    ];
    return html`<li class="row">
      <div class="what"><strong dir="auto">${name}</strong>
        ${isGone(items, model) ? html` <span class="tag warn">${t("agents.modelGone")}</span>` : nothing}
        ${description ? html`<small dir="auto">${description}</small>` : nothing}
        <small>${facts.join(" · ")}</small></div>
      <div class="deeds">
        <a class="button small" href=${`/chat?agent=${id}`} aria-label=${t("agents.tryLabel", { name })}>${t("agents.try")}</a>
        ${this.rowDeeds(agent, name, () => this.leaving.remove(id, `/api/agents/${id}`, t("agents.deleted")))}
      </div>
    </li>`;
  }
}

define("causerie-custom-agents", CustomAgents);
