// Who can be asked and with which model, as choices for people. Pure.
import { agentName } from "../core/agents.js";
import { t } from "../core/i18n.js";
import type { ModelInfo } from "../core/resources.js";
import type { AgentList } from "../core/wire.gen.js";
import type { Choice } from "../ui/select.js";

/** Models that write texts, by title; one that is chosen and not there any more says so. */
export function modelChoices(models: readonly ModelInfo[], chosen: string | null, none: string): Choice[] {
  const writing = models.filter(({ capabilities, available }) => available && capabilities.includes("text"));
  const choices = writing.map(({ id, title, provider }) => ({ id, label: `${title} (${provider})` }));
  const gone = chosen && models.length && !choices.some(({ id }) => id === chosen);
  return [
    { id: "", label: none },
    ...(chosen && (gone || !models.length) ? [{ id: chosen, label: gone ? t("agents.goneModel", { model: chosen }) : chosen }] : []),
    ...choices,
  ];
}

/** True: what is chosen is none of the models that there are. */
export const isGone = (models: readonly ModelInfo[], chosen: string | null): boolean =>
  chosen !== null && models.length > 0 && !models.some(({ id, name, available }) => available && (id === chosen || name === chosen));

/** Agents to ask; one that is chosen and not there any more says so. */
export function agentChoices(agents: AgentList, chosen: string | null, none: string): Choice[] {
  const choices = [
    ...agents.builtIn.map(({ name }) => ({ id: name, label: agentName(name) })),
    ...agents.items.map(({ id, name }) => ({ id, label: name })),
  ];
  const gone = chosen && !choices.some(({ id }) => id === chosen);
  return [{ id: "", label: none }, ...(gone ? [{ id: chosen, label: t("agents.goneAgent") }] : []), ...choices];
}
