import { createContext } from "@lit/context";

import type { Client } from "./client.js";

/** What `causerie-provider` hands down to everything inside it. */
export const clientContext = createContext<Client>(Symbol("causerie-client"));
