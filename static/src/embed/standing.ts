import { createContext } from "@lit/context";

import type { Client } from "../core/client.js";
import type { Theme } from "../core/theme.js";

/** How a `causerie-provider` stands with its server, told to the elements inside it. */
export interface Standing {
  phase: "waiting" | "ready" | "signed-out" | "failed";
  /** Of whoever was let in last; a later phase may have taken the right from it, not the content. */
  client?: Client;
  /** The server's words for what failed. */
  text?: string;
  theme: Theme;
  retry(): void;
}

export const standingContext = createContext<Standing>(Symbol("causerie-standing"));
