// With what an empty chat may begin: one's own agents first, then what fits a creator who has said how
// they want to be spoken for, or anybody.
import type { Client } from "../core/client.js";
import type { AgentList, ConfigurationView, CustomAgentView } from "../core/wire.gen.js";

type General = "starter1" | "starter2" | "starter3" | "starter4";
type Fitting = "fan" | "caption" | "sale" | "insight";

export type Beginning =
  | { name: General | Fitting; agent?: string; own?: undefined }
  | { own: CustomAgentView; agent: string };

const GENERAL: readonly Beginning[] = [{ name: "starter1" }, { name: "starter2" }, { name: "starter3" }, { name: "starter4" }];

const FITTING: readonly (Beginning & { agent: string })[] = [
  { name: "fan", agent: "messaging" },
  { name: "caption", agent: "content" },
  { name: "sale", agent: "sales" },
  { name: "insight", agent: "analytics" },
];

const OWN = 2;
const SHOWN = 4;

/** Somebody who waits longer than this is better served with what suits everybody. */
const PATIENCE_MS = 1_200;

/** Pure: the four that fit. Without a configuration, those for anybody. */
export function fitting(agents: AgentList | undefined, configuration: ConfigurationView | undefined): Beginning[] {
  const own = (agents?.items ?? []).slice(0, OWN).map((agent): Beginning => ({ own: agent, agent: agent.id }));
  const there = new Set(agents?.builtIn.map(({ name }) => name));
  const told = configuration?.updatedAt ? FITTING.filter(({ agent }) => there.has(agent)) : [];
  return [...own, ...told, ...GENERAL].slice(0, SHOWN);
}

const asked = new WeakMap<Client, { at: number; found: Promise<Beginning[]> }>();
const FRESH_MS = 30_000;

/** What fits whoever is signed in; asked for at most twice a minute. Never fails: there is always
 *  something to begin with. */
export function beginnings(client: Client): Promise<Beginning[]> {
  const known = asked.get(client);
  if (known && Date.now() - known.at < FRESH_MS) return known.found;
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS, undefined));
  const read = <T>(path: string): Promise<T | undefined> =>
    Promise.race([client.api.get<T>(path).catch(() => undefined), late]);
  const found = Promise.all([read<AgentList>("/api/agents"), read<ConfigurationView>("/api/ai/config")]).then(
    ([agents, configuration]) => fitting(agents, configuration),
  );
  asked.set(client, { at: Date.now(), found });
  return found;
}
