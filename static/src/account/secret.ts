// The secret of a link that was mailed or copied: it stands in the fragment, which no server sees.
import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Takes the secret out of the address, so that neither history nor a screenshot keeps it. */
export function takeSecret(): string | undefined {
  const secret = location.hash.slice(1);
  if (!secret) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  return secret;
}

/** Hands the secret to its host as the page opens, and again when another link is pasted into the tab. */
export class SecretController implements ReactiveController {
  constructor(
    host: ReactiveControllerHost,
    private readonly found: (secret: string) => void,
  ) {
    host.addController(this);
  }

  private readonly look = (): void => {
    const secret = takeSecret();
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
