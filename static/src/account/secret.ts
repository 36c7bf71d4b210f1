// The secret of a link that was mailed or copied: it stands in the fragment, which no server sees.
import type { ReactiveController, ReactiveControllerHost } from "lit";

let held: string | undefined;

/**
 * Takes the secret out of the address at once, so that neither history nor a screenshot keeps it, and
 * holds it for the page that wants it. False: the address has none.
 */
export function holdSecret(): boolean {
  const secret = location.hash.slice(1);
  if (!secret) return false;
  held = secret;
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

/** Hands the secret to its host as the page opens, and again when another link is pasted into the tab. */
export class SecretController implements ReactiveController {
  constructor(
    host: ReactiveControllerHost,
    private readonly found: (secret: string) => void,
    /** False: it is for another page, and left to it. */
    private readonly wanted = (): boolean => true,
  ) {
    host.addController(this);
  }

  private readonly look = (): void => {
    if (!this.wanted()) return;
    holdSecret();
    const secret = held;
    held = undefined;
    if (secret !== undefined) this.found(secret);
  };

  hostConnected(): void {
    this.look();
    addEventListener("hashchange", this.look);
  }

  hostDisconnected(): void {
    removeEventListener("hashchange", this.look);
  }
}
