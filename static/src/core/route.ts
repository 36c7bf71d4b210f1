// Paths to pages and back. History is the browser's; this only reads and writes it.
import { Store } from "./store.js";
import { forgetUnsaved, hasUnsaved } from "./unsaved.js";

/** Pages whose address is all there is to say about them. */
const PLAIN = {
  "/": "dashboard",
  "/sign-in": "sign-in",
  "/sign-up": "sign-up",
  "/forgot": "forgot",
  "/confirm": "confirm",
  "/reset": "reset",
  "/invitation": "invitation",
  "/write": "write",
  "/presets": "presets",
  "/creator/fans": "fans",
  "/creator/captions": "captions",
  "/creator/sales": "sales",
  "/creator/insights": "insights",
  "/usage": "usage",
  "/notifications": "notifications",
  "/settings": "settings",
  "/settings/voice": "voice",
  "/settings/agents": "agents",
  "/settings/replies": "replies",
  "/settings/reports": "reports",
  "/settings/appearance": "appearance",
  "/settings/shortcuts": "shortcuts",
  "/settings/webhooks": "webhooks",
  "/settings/keys": "keys",
  "/workspaces": "workspaces",
  "/admin/costs": "costs",
  "/admin/users": "users",
  "/admin/prices": "prices",
  "/admin/alerts": "alerts",
  "/admin/providers": "providers",
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
  if (trimmed === "/chat") return { page: "chat", conversation: undefined };
  const [, place, id] = /^\/(chat|workspaces|admin\/users)\/([\w-]+)$/.exec(trimmed) ?? [];
  if (place === "chat") return { page: "chat", conversation: id };
  if (place && id) return { page: place === "workspaces" ? "workspace" : "user", id };
  if (Object.hasOwn(PLAIN, trimmed)) return { page: PLAIN[trimmed as keyof typeof PLAIN] };
  return { page: "not-found", path };
}

export const chatPath = (conversation?: string): string =>
  conversation ? `/chat/${conversation}` : "/chat";

const here = (): string => location.pathname + location.search + location.hash;

/** The page that the address names now. */
export class Router {
  readonly route: Store<Route>;
  /** Where somebody wanted to go while something was not saved; whoever asks them sets it back. */
  readonly held = new Store<string | undefined>(undefined);
  /** The browser went there, back or forward, and knows where on the page somebody was. */
  returned = false;
  private at = here();

  constructor() {
    this.route = new Store(match(location.pathname));
    addEventListener("popstate", this.back);
  }

  /** The browser has gone already: the page that is left is put on top again until it is answered. */
  private readonly back = (): void => {
    const wanted = here();
    if (hasUnsaved() && wanted !== this.at) {
      history.pushState(null, "", this.at);
      this.held.set(wanted);
    } else {
      this.returned = true;
      this.read();
    }
  };

  readonly read = (): void => {
    this.at = here();
    this.route.set(match(location.pathname));
  };

  /** Somebody has been asked whether they leave what is not saved. */
  answer(leaves: boolean): void {
    const wanted = this.held.value;
    this.held.set(undefined);
    if (!leaves || wanted === undefined) return;
    forgetUnsaved();
    this.go(wanted);
  }

  go(path: string, replace = false): void {
    if (path === here()) return;
    if (hasUnsaved() && !replace) {
      this.held.set(path);
      return;
    }
    history[replace ? "replaceState" : "pushState"](null, "", path);
    this.returned = false;
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
