import { uuid } from "../core/uuid.js";

/** The name of one deed: sent again with it, it happens once. `what` says in the books what it was. */
export const once = (what: string): string => `${what} ${uuid()}`;
