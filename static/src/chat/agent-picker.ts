// Who answers: an agent of the house, the team, or one of one's own, each with what it is for.
import { html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { DEFAULT_AGENT } from "../core/agents.js";
import { t, type Key } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { AgentList } from "../core/wire.gen.js";
import { base, ClientElement, define } from "../ui/element.js";
import { choosing } from "./choosing.js";

const HOUSE: Readonly<Record<string, readonly [Key, Key]>> = {
  assistant: ["agent.assistant", "agent.assistantFor"],
  messaging: ["agent.messaging", "agent.messagingFor"],
  content: ["agent.content", "agent.contentFor"],
  analytics: ["agent.analytics", "agent.analyticsFor"],
  sales: ["agent.sales", "agent.salesFor"],
  compliance: ["agent.compliance", "agent.complianceFor"],
  team: ["agent.team", "agent.teamFor"],
};

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
    const value = mine || this.value in HOUSE ? this.value : DEFAULT_AGENT;
    const names = list ? list.builtIn.map(({ name }) => name).filter((name) => name in HOUSE) : Object.keys(HOUSE);
    const about = mine ? mine.description : t(HOUSE[value]?.[1] ?? "agent.assistantFor");
    const option = (id: string, label: string): TemplateResult =>
      html`<option value=${id} .selected=${id === value}>${label}</option>`;
    return html`<label>${t("agent.label")}
        <select @change=${this.chosen} aria-describedby=${about ? "about" : nothing}>
          ${names.map((name) => option(name, t(HOUSE[name]?.[0] ?? "agent.assistant")))}
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
