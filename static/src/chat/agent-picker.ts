// Who answers: an agent of the house, the team, or one of one's own, each with what it is for.
import { html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { agentName, DEFAULT_AGENT, HOUSE, isOfTheHouse } from "../core/agents.js";
import { t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { AgentList } from "../core/wire.gen.js";
import { base, ClientElement, define } from "../ui/element.js";
import { choosing } from "./choosing.js";

export class AgentPicker extends ClientElement {
  static override styles = [base, choosing];

  /** The agent's name or id. */
  @property() value = "";
  private readonly agents = new StoreController(this, (value: AgentList | undefined) => value);

  override connectedCallback(): void {
    super.connectedCallback();
    // Where they do not come, those of the house are known.
    this.client.agents.read().catch(() => undefined);
  }

  override render(): TemplateResult {
    const list = this.agents.follow(this.client.agents.state);
    const own = list?.items ?? [];
    const mine = own.find(({ id }) => id === this.value);
    // One that is not known is not shown as if it answered.
    const value = mine || isOfTheHouse(this.value) ? this.value : DEFAULT_AGENT;
    const names = list ? list.builtIn.map(({ name }) => name).filter(isOfTheHouse) : HOUSE;
    const about = isOfTheHouse(value) ? t(`agent.${value}For`) : mine?.description;
    const option = (id: string, label: string): TemplateResult =>
      html`<option value=${id} .selected=${id === value}>${label}</option>`;
    return html`<label>${t("agent.label")}
        <select @change=${this.chosen} aria-describedby=${about ? "about" : nothing}>
          ${names.map((name) => option(name, agentName(name)))}
          ${own.length
            ? html`<optgroup label=${t("agent.own")}>${own.map(({ id, name }) => option(id, name))}</optgroup>`
            : nothing}
        </select></label>
      ${about ? html`<p id="about" dir="auto">${about}</p>` : nothing}`;
  }

  private chosen(event: Event): void {
    this.tell("choose", (event.target as HTMLSelectElement).value);
  }
}

define("causerie-agent-picker", AgentPicker);
