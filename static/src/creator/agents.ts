// Who of the team has answered, who has not, and why. Pure.
import { html, nothing, type TemplateResult } from "lit";

import { agentName } from "../core/agents.js";
import { t } from "../core/i18n.js";
import { reason } from "../core/reasons.js";
import type { AgentReport } from "../core/wire.gen.js";

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
