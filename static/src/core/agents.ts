// Who can be asked: the agents of the house and one's own, read once and again when they may have changed.
import type { Api } from "./api.js";
import type { Choices } from "./entries.js";
import { t } from "./i18n.js";
import { Store } from "./store.js";
import type { AgentList } from "./wire.gen.js";

export const HOUSE = ["assistant", "messaging", "content", "analytics", "sales", "compliance", "team"] as const;

export const isOfTheHouse = (agent: string): agent is (typeof HOUSE)[number] => (HOUSE as readonly string[]).includes(agent);

/** What one's own are called, by their ids: receipts and reports name the id alone. */
const names = new Map<string, string>();

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An agent's name for people; one's own is called what it is called, once it has been read. */
export function agentName(agent: string): string {
  if (isOfTheHouse(agent) || agent === "completion") return t(`agent.${agent}`);
  return names.get(agent) ?? (ID.test(agent) ? t("agent.unknown", { id: agent.slice(-4) }) : agent);
}

export const DEFAULT_AGENT = "assistant";

export class Agents {
  readonly state = new Store<AgentList | undefined>(undefined);
  private reading: Promise<AgentList> | undefined;

  constructor(private readonly api: Api) {}

  read(): Promise<AgentList> {
    this.reading ??= this.api
      .get<AgentList>("/api/agents")
      .then((list) => {
        for (const { id, name } of list.items) names.set(id, name);
        this.state.set(list);
        return list;
      })
      .finally(() => (this.reading = undefined));
    return this.reading;
  }

  /** `choices` without an agent that is no more: such a one is never asked for. */
  async known(choices: Choices): Promise<Choices> {
    const { agent, ...rest } = choices;
    if (agent === undefined || isOfTheHouse(agent)) return choices;
    const list = this.state.value ?? (await this.read().catch(() => undefined));
    // Where the list does not come, the server says what it knows.
    return !list || list.items.some(({ id }) => id === agent) ? choices : rest;
  }
}
