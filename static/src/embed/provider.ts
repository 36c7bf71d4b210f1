// What stands around the parts that another site embeds: where the server is, who the user is, which
// language and theme. It draws nothing but short news at the foot of the window.
import { ContextProvider } from "@lit/context";
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { Problem } from "../core/api.js";
import type { Client } from "../core/client.js";
import { Credentials, type GetTicket } from "./credentials.js";
import { preferred, speak } from "../core/i18n.js";
import { said } from "../core/said.js";
import { join, leave, open } from "./shared.js";
import { standingContext, type Standing } from "./standing.js";
import { isTheme, type Theme } from "../core/theme.js";
import "../ui/announcer.js";
import { define } from "../ui/element.js";
import type { Toast, Toasts } from "../ui/toast.js";
import "../ui/toast.js";
import "./frame.js";

/** The origin that this script came from. */
const HOME = new URL(import.meta.url).origin;

/** Frameworks set properties after they have put the element into the page. */
const GRACE_MS = 1_000;

export class EmbedProvider extends LitElement {
  static override styles = css`
    :host {
      display: contents;
    }
    causerie-frame {
      position: fixed;
      inset-block-end: 0;
      inset-inline: 0;
      z-index: 2147483000;
      block-size: 0;
    }
  `;

  /** Where Causerie is; by default, where the script came from. */
  @property() base = "";
  @property() locale = "";
  @property() theme: Theme = "system";
  @property({ attribute: false }) getTicket: GetTicket | undefined;

  @state() private client: Client | undefined;
  @query("causerie-toasts") private toasts!: Toasts | null;
  private readonly standing = new ContextProvider(this, { context: standingContext, initialValue: this.tell({ phase: "waiting" }) });
  private round = 0;
  private grace: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("causerie-toast", this.toast);
    // Also after it was taken out and put elsewhere: what it held may be gone.
    if (this.hasUpdated) void this.enter();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.removeEventListener("causerie-toast", this.toast);
    clearTimeout(this.grace);
    // Moved within the page it is back at once, and nothing has happened.
    setTimeout(() => {
      if (!this.isConnected) this.release();
    });
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("locale")) void speak(preferred([this.locale, document.documentElement.lang, ...navigator.languages]));
    if (changed.has("theme")) this.say(this.standing.value);
    if (changed.has("getTicket") || changed.has("base")) void this.enter();
  }

  /** Asks who the user is, and gives the elements inside what they need. Of two calls the later counts. */
  private async enter(): Promise<void> {
    const round = ++this.round;
    clearTimeout(this.grace);
    const source = this.getTicket;
    if (!source) {
      this.release();
      this.say({ phase: "waiting" });
      this.grace = setTimeout(() => this.out(), GRACE_MS);
      return;
    }
    const base = this.base ? new URL(this.base, location.href).href.replace(/\/+$/, "") : HOME;
    const credentials = new Credentials(base, source);
    try {
      const { user } = await credentials.exchange();
      if (round !== this.round || !this.isConnected) return;
      const client = join(this, base, user.id, credentials, source);
      const again = client === this.client && this.standing.value.phase === "signed-out";
      if (client !== this.client) {
        this.release();
        this.watch(client);
      }
      // Also one that could not be opened the time before.
      await open(client);
      if (round !== this.round) return;
      if (again) {
        client.socket.stop();
        client.socket.start();
      }
      this.say({ phase: "ready", client });
    } catch (error) {
      if (round !== this.round) return;
      if (error instanceof Problem && error.status === 401) this.out(error);
      else this.say({ phase: "failed", text: said(error) });
    }
  }

  private watch(client: Client): void {
    this.client = client;
    client.addEventListener("signed-out", this.expired);
    client.addEventListener("problem", this.problem);
  }

  private release(): void {
    const { client } = this;
    if (!client) return;
    this.client = undefined;
    client.removeEventListener("signed-out", this.expired);
    client.removeEventListener("problem", this.problem);
    this.say({ phase: "waiting" });
    leave(this, client);
  }

  private readonly expired = (): void => this.out();

  /** Nobody is signed in, says the host or the server. What is shown stays, with what was typed. */
  private out(reason?: Problem): void {
    const before = this.standing.value;
    if (before.phase === "signed-out") return;
    this.say({ phase: "signed-out", ...(this.client ? { client: this.client } : {}) });
    const detail = { reason: reason?.cause ?? reason };
    this.dispatchEvent(new CustomEvent("causerie-signed-out", { detail, bubbles: true, composed: true }));
  }

  private readonly problem = (event: Event): void => {
    this.toasts?.show({ text: said((event as CustomEvent<Problem>).detail), bad: true });
  };

  /** After the host has had its say: a listener of its own prevents ours. */
  private readonly toast = (event: Event): void => {
    queueMicrotask(() => {
      if (!event.defaultPrevented) this.toasts?.show((event as CustomEvent<Toast>).detail);
    });
  };

  private tell(standing: Omit<Standing, "theme" | "retry">): Standing {
    return { ...standing, theme: isTheme(this.theme) ? this.theme : "system", retry: () => void this.enter() };
  }

  private say(standing: Omit<Standing, "theme" | "retry">): void {
    const { theme: _, retry: __, ...rest } = standing as Standing;
    this.standing.setValue(this.tell(rest));
  }

  override render(): TemplateResult {
    return html`<slot></slot>
      ${this.client
        ? html`<causerie-frame kind="none" .client=${this.client} .theme=${this.theme}>
            <causerie-announcer></causerie-announcer><causerie-toasts></causerie-toasts>
          </causerie-frame>`
        : nothing}`;
  }
}

define("causerie-provider", EmbedProvider);
