// What the keyboard does on every page: search, help, a new chat, the next part of the page. Search
// and help lie over the page and come when they are first asked for.
import { html, nothing, type ReactiveController, type TemplateResult } from "lit";

import { t } from "../core/i18n.js";
import { bindingOf, commandOf, spelledOf, type Command } from "../core/keys.js";
import { chatPath } from "../core/route.js";
import type { ClientElement } from "../ui/element.js";
import { enter } from "../ui/keyboard.js";

type Overlay = "search" | "help";

const CHUNKS = { search: () => import("./search.js"), help: () => import("./help.js") };

/** Things only the host can do; a command it does not name is left to the browser. */
export type Deeds = Partial<Record<Command, () => void>>;

export class Commands implements ReactiveController {
  private shown: Overlay | undefined;
  private wanted: Overlay | undefined;
  private readonly deeds: Deeds;

  constructor(
    private readonly host: ClientElement,
    deeds: Deeds = {},
  ) {
    host.addController(this);
    this.deeds = {
      search: () => void this.open("search"),
      help: () => void this.open("help"),
      "next-region": () => this.walk(1),
      "new-chat": () => this.tell("navigate", { path: chatPath() }),
      ...deeds,
    };
  }

  hostConnected(): void {
    addEventListener("keydown", this.key);
  }

  hostDisconnected(): void {
    removeEventListener("keydown", this.key);
    this.shown = undefined;
  }

  /** Where an overlay stands in the host's template. */
  render(): TemplateResult | typeof nothing {
    switch (this.shown) {
      case "search":
        return html`<causerie-search @causerie-overlay-closed=${this.close} @causerie-command=${this.run}></causerie-search>`;
      case "help":
        return html`<causerie-help @causerie-overlay-closed=${this.close}></causerie-help>`;
      default:
        return nothing;
    }
  }

  async open(overlay: Overlay): Promise<void> {
    this.wanted = overlay;
    try {
      await CHUNKS[overlay]();
    } catch {
      this.tell("toast", { text: t("error.network"), bad: true });
      return;
    }
    if (this.wanted !== overlay || !this.host.isConnected) return;
    this.shown = overlay;
    this.host.requestUpdate();
  }

  private readonly close = (): void => {
    this.shown = this.wanted = undefined;
    this.host.requestUpdate();
  };

  private readonly run = (event: CustomEvent<Command>): void => {
    this.close();
    this.deeds[event.detail]?.();
  };

  private tell(name: string, detail: unknown): void {
    this.host.dispatchEvent(new CustomEvent(`causerie-${name}`, { detail, bubbles: true, composed: true }));
  }

  private readonly key = (event: KeyboardEvent): void => {
    // Keys that are struck elsewhere in another site's page are that page's.
    if (this.host.client.embedded && !event.composedPath().includes(this.host)) return;
    // What asks for an answer first, or is no key of ours any more.
    if (event.defaultPrevented || event.composedPath().some((node) => node instanceof HTMLDialogElement)) return;
    const backwards = spelledOf(event) === `shift+${bindingOf("next-region")}`;
    const command = commandOf(event);
    const deed = backwards ? () => this.walk(-1) : command && this.deeds[command];
    if (!deed) return;
    event.preventDefault();
    deed();
  };

  /** The parts of the page in a ring; those that are folded away are passed over. */
  private walk(step: 1 | -1): void {
    // Those of the page around the host come last: news at its foot.
    const regions = [this.host.renderRoot, this.host.getRootNode()]
      .flatMap((root) => (root instanceof ShadowRoot ? [...root.querySelectorAll<HTMLElement>("[data-region]")] : []))
      .filter((region) => region.offsetWidth && region.offsetHeight && region.checkVisibility({ visibilityProperty: true }));
    const at = regions.findLastIndex((region) => region.matches(":focus-within"));
    const next = at < 0 ? (step > 0 ? 0 : -1) : (at + step) % regions.length;
    enter(regions.at(next));
  }
}
