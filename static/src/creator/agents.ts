// Who of the team has answered, who has not, and why. Pure.
import { html, nothing, type TemplateResult } from "lit";

import { t, type Key } from "../core/i18n.js";
import { reason } from "../core/reasons.js";
import type { AgentReport } from "../core/wire.gen.js";

/** The name of an agent for people; one of the creator's own is called what it is called. */
export function agentName(id: string): string {
  const key = `creator.agent.${id}` as Key;
  const name = t(key);
  return name === key ? id : name;
}

function line({ agent, status, error }: AgentReport): TemplateResult {
  const name = agentName(agent);
  switch (status) {
    case "ok":
      return html`<li>${t("creator.answered", { agent: name })}</li>`;
    case "cancelled":
      return html`<li>${t("creator.wasStopped", { agent: name })}</li>`;
    case "failed":
      return html`<li class="bad">${t("creator.gaveNothing", { agent: name })} ${error ? reason(error, error) : ""}</li>`;
  }
}

export function reports(agents: readonly AgentReport[]): TemplateResult | typeof nothing {
  return agents.length ? html`<ul class="agents" aria-label=${t("creator.team")}>${agents.map(line)}</ul>` : nothing;
}
