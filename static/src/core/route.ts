// Paths to pages and back. History is the browser's; this only reads and writes it.
import { Store } from "./store.js";

/** Pages whose address is all there is to say about them. */
const PLAIN = {
  "/sign-in": "sign-in",
  "/sign-up": "sign-up",
  "/forgot": "forgot",
  "/confirm": "confirm",
  "/reset": "reset",
  "/invitation": "invitation",
  "/notifications": "notifications",
  "/settings": "settings",
  "/settings/keys": "keys",
  "/workspaces": "workspaces",
  "/admin/costs": "costs",
  "/admin/users": "users",
  "/admin/audit": "audit",
} as const;

export type Route =
  | { page: (typeof PLAIN)[keyof typeof PLAIN] }
  | { page: "chat"; conversation: string | undefined }
  | { page: "workspace" | "user"; id: string }
  | { page: "not-found"; path: string };

export type PageName = Route["page"];

/** Pages that somebody sees who is not signed in. */
const OPEN: ReadonlySet<PageName> = new Set(["sign-in", "sign-up", "forgot", "confirm", "reset", "invitation"]);

export const isOpen = (page: PageName): boolean => OPEN.has(page);

export function match(path: string): Route {
  const trimmed = path.length > 1 ? path.replace(/\/+$/, "") : path;
  if (trimmed === "/" || trimmed === "/chat") return { page: "chat", conversation: undefined };
  const [, place, id] = /^\/(chat|workspaces|admin\/users)\/([\w-]+)$/.exec(trimmed) ?? [];
  if (place === "chat") return { page: "chat", conversation: id };
  if (place && id) return { page: place === "workspaces" ? "workspace" : "user", id };
  if (Object.hasOwn(PLAIN, trimmed)) return { page: PLAIN[trimmed as keyof typeof PLAIN] };
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
