// Paths to pages and back. History is the browser's; this only reads and writes it.
import { Store } from "./store.js";

export type Route =
  | { page: "sign-in" }
  | { page: "chat"; conversation: string | undefined }
  | { page: "keys" }
  | { page: "costs" }
  | { page: "not-found"; path: string };

export function match(path: string): Route {
  const trimmed = path.length > 1 ? path.replace(/\/+$/, "") : path;
  if (trimmed === "/" || trimmed === "/chat") return { page: "chat", conversation: undefined };
  const chat = /^\/chat\/([\w-]+)$/.exec(trimmed);
  if (chat) return { page: "chat", conversation: chat[1] };
  if (trimmed === "/sign-in") return { page: "sign-in" };
  if (trimmed === "/settings/keys") return { page: "keys" };
  if (trimmed === "/admin/costs") return { page: "costs" };
  return { page: "not-found", path };
}

export const chatPath = (conversation?: string): string =>
  conversation ? `/chat/${conversation}` : "/chat";

/** The page that the address names now. */
export class Router {
  readonly route: Store<Route>;

  constructor() {
    this.route = new Store(match(location.pathname));
    addEventListener("popstate", this.read);
  }

  readonly read = (): void => this.route.set(match(location.pathname));

  go(path: string, replace = false): void {
    if (path === location.pathname + location.search + location.hash) return;
    history[replace ? "replaceState" : "pushState"](null, "", path);
    this.read();
  }

  /** Follows a click on a link of ours without loading the page again. */
  readonly click = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const anchor = event
      .composedPath()
      .find((target): target is HTMLAnchorElement => target instanceof HTMLAnchorElement);
    if (!anchor || anchor.target || anchor.hasAttribute("download")) return;
    const url = new URL(anchor.href, location.href);
    if (url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
    event.preventDefault();
    this.go(url.pathname + url.search);
  };
}
