// A public element as another site's page sees it: a box that fetches its code when it first stands in
// a page, waits until the provider knows who the user is, and says so in words when nobody is.
import { ContextConsumer } from "@lit/context";
import { css, html, LitElement, nothing, type TemplateResult } from "lit";

import type { Client } from "../core/client.js";
import { locale, spoken, t } from "../core/i18n.js";
import { standingContext, type Standing } from "./standing.js";
import { buttons, rename } from "../ui/element.js";
import "./frame.js";

export interface Part {
  name: string;
  /** Defines what stands inside. */
  load(): Promise<unknown>;
  attributes?: readonly string[];
  kind?: "box" | "whole";
  /** Names of parts that the host may style. */
  parts?: string;
  /** Called when somebody else is the user from now on. */
  left?(outside: HTMLElement): void;
  /** Called for what was made inside; answers how to undo it. */
  joined?(outside: HTMLElement, client: Client): () => void;
}

/** A word of waiting would only flash before this. */
const PATIENCE_MS = 200;

export function definePart(part: Part): void {
  const inside = `${part.name}-view`;
  rename(part.name, inside);

  class PartElement extends LitElement {
    static override styles = [
      buttons,
      css`
        :host {
          all: initial;
          display: block;
          position: relative;
          min-inline-size: 0;
        }
        :host([hidden]) {
          display: none;
        }
        :host([kind="whole"]) {
          block-size: 100%;
          min-block-size: 360px;
          max-block-size: 100dvh;
        }
        .note {
          display: flex;
          flex-wrap: wrap;
          align-items: center;
          gap: 8px 12px;
          margin: 0;
          padding: 12px 16px;
          color: var(--muted);
        }
        .box {
          padding: 0;
        }
        .over {
          padding: 12px 16px;
          position: absolute;
          inset-block-start: 0;
          inset-inline: 0;
          z-index: 5;
          background: var(--warn-soft);
          color: var(--text);
        }
        [inert] {
          opacity: 0.6;
        }
        :focus-visible {
          outline: 2px solid var(--accent);
          outline-offset: 2px;
        }
      `,
    ];

    static override get observedAttributes(): string[] {
      return [...super.observedAttributes, ...(part.attributes ?? [])];
    }

    /** Ours use each other's: the list beside the chat shows what is left. */
    private get bare(): boolean {
      const root = this.getRootNode();
      return root instanceof ShadowRoot && root.host.localName.startsWith("causerie-");
    }

    private readonly standing = new ContextConsumer(this, { context: standingContext, subscribe: true });
    private view: HTMLElement | undefined;
    private client: Client | undefined;
    private user = "";
    private leave: (() => void) | undefined;
    private missing = false;
    private patient = true;
    private hush: (() => void) | undefined;

    override connectedCallback(): void {
      super.connectedCallback();
      this.hush = spoken.subscribe(() => this.requestUpdate());
      setTimeout(() => {
        this.patient = false;
        this.requestUpdate();
      }, PATIENCE_MS);
      void this.fetch();
    }

    override disconnectedCallback(): void {
      super.disconnectedCallback();
      this.hush?.();
      this.drop();
    }

    override attributeChangedCallback(name: string, before: string | null, value: string | null): void {
      super.attributeChangedCallback(name, before, value);
      if (this.view && part.attributes?.includes(name)) copy(this, this.view, name);
    }

    private async fetch(): Promise<void> {
      try {
        await part.load();
        this.missing = false;
      } catch {
        this.missing = true;
      }
      this.requestUpdate();
    }

    private drop(): void {
      this.leave?.();
      this.leave = this.client = this.view = undefined;
    }

    override willUpdate(): void {
      const client = this.standing.value?.client;
      if (client === this.client && (this.view || !client)) return;
      this.drop();
      if (!client || !this.isConnected || !customElements.get(inside)) return;
      const user = client.user.value?.id ?? "";
      if (this.user && user !== this.user) part.left?.(this);
      this.user = user;
      this.client = client;
      this.view = document.createElement(inside);
      if (part.parts) this.view.setAttribute("exportparts", part.parts);
      for (const name of part.attributes ?? []) copy(this, this.view, name);
      this.leave = part.joined?.(this, client);
    }

    override render(): TemplateResult {
      const standing = this.standing.value;
      const ready = standing?.phase === "ready";
      if (this.view) this.view.inert = !ready;
      return html`<causerie-frame part="frame" kind=${this.bare ? "bare" : (part.kind ?? "box")} lang=${locale()} .client=${this.client}
        .theme=${standing?.theme ?? "system"}>${ready && this.view ? nothing : this.note(standing)}${this.view ?? nothing}</causerie-frame>`;
    }

    override updated(): void {
      if (part.kind) this.setAttribute("kind", part.kind);
    }

    private note(standing: Standing | undefined): TemplateResult | typeof nothing {
      if (this.bare) return nothing;
      const over = `note ${this.view ? "over" : (part.kind ?? "box")}`;
      const again = (retry: () => void): TemplateResult =>
        html`<button class="button small" type="button" @click=${retry}>${t("retry")}</button>`;
      if (this.missing) return html`<p class=${over} role="alert">${t("embed.missing")} ${again(() => void this.fetch())}</p>`;
      if (!standing) return this.patient ? nothing : html`<p class=${over} role="alert">${t("embed.outside")}</p>`;
      if (standing.phase === "signed-out") return html`<p class=${over} role="status">${t("embed.signedOut")} ${again(standing.retry)}</p>`;
      if (standing.phase === "failed") return html`<p class=${over} role="alert">${standing.text} ${again(standing.retry)}</p>`;
      return this.patient ? nothing : html`<p class=${over} role="status">${t("loading")}…</p>`;
    }
  }

  // Frameworks set what they find as a property.
  for (const name of part.attributes ?? []) {
    Object.defineProperty(PartElement.prototype, name, {
      configurable: true,
      get(this: HTMLElement) {
        return BOOLEAN.has(name) ? this.hasAttribute(name) : (this.getAttribute(name) ?? "");
      },
      set(this: HTMLElement, value: unknown) {
        if (value === null || value === undefined || value === false || value === "") this.removeAttribute(name);
        else this.setAttribute(name, value === true ? "" : String(value));
      },
    });
  }
  if (!customElements.get(part.name)) customElements.define(part.name, PartElement);
}

const BOOLEAN = new Set(["compact"]);

function copy(from: HTMLElement, to: HTMLElement, name: string): void {
  const value = from.getAttribute(name);
  if (value === null) to.removeAttribute(name);
  else to.setAttribute(name, value);
}
