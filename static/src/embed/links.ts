// Links inside embedded parts. An address of ours means nothing on another site: a page becomes news
// for whoever embeds us, a file is fetched with the bearer and saved.
import type { Client } from "../core/client.js";
import { said } from "../core/said.js";

const REVOKE_MS = 60_000;

export function follow(event: MouseEvent, client: Client, from: HTMLElement): void {
  if (event.defaultPrevented) return;
  const anchor = event.composedPath().find((target): target is HTMLAnchorElement => target instanceof HTMLAnchorElement);
  const path = anchor?.getAttribute("href");
  if (!anchor || !path?.startsWith("/")) return;
  event.preventDefault();
  if (path.startsWith("/api/")) void save(client, path, anchor, from);
  else tell(from, "navigate", { path });
}

async function save(client: Client, path: string, anchor: HTMLAnchorElement, from: HTMLElement): Promise<void> {
  try {
    const url = URL.createObjectURL(await client.api.blob(path));
    setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
    const link = document.createElement("a");
    link.href = url;
    link.rel = "noopener";
    if (anchor.hasAttribute("download") || !anchor.querySelector("img")) {
      link.download = anchor.getAttribute("download") || path.split("/").at(-1)?.replace(/\?.*/, "") || "download";
    } else link.target = "_blank";
    link.click();
  } catch (error) {
    tell(from, "toast", { text: said(error), bad: true });
  }
}

function tell(from: HTMLElement, name: string, detail: unknown): void {
  from.dispatchEvent(new CustomEvent(`causerie-${name}`, { detail, bubbles: true, composed: true, cancelable: true }));
}
