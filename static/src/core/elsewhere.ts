// What other windows do with what is kept for all of them.
import type { Shelf } from "./drafts.js";

/**
 * Calls back with the conversation whose message another window has sent or called off meanwhile,
 * until the returned function is called.
 */
export function watchDue(shelf: Shelf, dealtWith: (conversation: string) => void): () => void {
  const look = ({ key, newValue }: StorageEvent): void => {
    const name = newValue === null && key ? shelf.nameOf(key) : undefined;
    if (name?.startsWith("due.")) dealtWith(name.slice("due.".length));
  };
  addEventListener("storage", look);
  return () => removeEventListener("storage", look);
}
