// One client for every base address and user of a page, however many providers name them.
import { Client } from "../core/client.js";
import type { Credentials, GetTicket } from "./credentials.js";

interface Shared {
  client: Client;
  credentials: Credentials;
  /** It knows who its user is, and its socket has been started. */
  open: Promise<void> | undefined;
  /** Providers that stand in the page, and what each asks for tickets. */
  holders: Map<object, GetTicket>;
}

const known = new Map<string, Shared>();

/** The client of `user` at `base`, made of `credentials` unless somebody else has made it. */
export function join(holder: object, base: string, user: string, credentials: Credentials, source: GetTicket): Client {
  const key = `${base}|${user}`;
  let shared = known.get(key);
  if (!shared) {
    const client = new Client({ base, credentials, owner: key });
    known.set(key, (shared = { client, credentials, open: undefined, holders: new Map() }));
  } else {
    const before = shared.holders.get(holder);
    if (before && before !== source) shared.credentials.remove(before);
    shared.credentials.add(source);
  }
  shared.holders.set(holder, source);
  return shared.client;
}

/** Opens a joined client, once for all who share it; after a failure the next call tries again. */
export function open(client: Client): Promise<void> {
  const shared = [...known.values()].find((one) => one.client === client);
  if (!shared) return Promise.resolve();
  shared.open ??= client.identify().then(
    () => client.open(),
    (error: unknown) => {
      shared.open = undefined;
      throw error;
    },
  );
  return shared.open;
}

/** `holder` needs `client` no more; the last one closes it. */
export function leave(holder: object, client: Client): void {
  for (const [key, shared] of known) {
    const source = shared.client === client && shared.holders.get(holder);
    if (!source) continue;
    shared.holders.delete(holder);
    if (shared.holders.size === 0) {
      known.delete(key);
      client.close();
    } else if (![...shared.holders.values()].includes(source)) shared.credentials.remove(source);
  }
}
