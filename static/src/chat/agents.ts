// What the agents of the team are called.
import { t, type Key } from "../core/i18n.js";

const NAMES: Readonly<Record<string, Key>> = {
  assistant: "agent.assistant",
  team: "agent.team",
  messaging: "agent.messaging",
  content: "agent.content",
  analytics: "agent.analytics",
  sales: "agent.sales",
  compliance: "agent.compliance",
};

/** An agent's name for people; one that is not of the team is called what it is called. */
export function agentName(agent: string): string {
  const key = NAMES[agent];
  return key ? t(key) : agent;
}
