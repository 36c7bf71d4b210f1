// The product's own pages: who is signed in, which page the address names, and what stands around it.
import { css, html, nothing, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";

import "./account/sign-in.js";
import { Problem } from "./core/api.js";
import { Client } from "./core/client.js";
import { t } from "./core/i18n.js";
import { Router, type Route } from "./core/route.js";
import { StoreController } from "./core/store.js";
import { applyTheme, readTheme, type Theme } from "./core/theme.js";
import type { UserInfo } from "./core/wire.gen.js";
import "./ui/announcer.js";
import type { Dialog } from "./ui/dialog.js";
import "./ui/dialog.js";
import { base, buttons, CauserieElement, define } from "./ui/element.js";
import "./ui/provider.js";
import type { Toast, Toasts } from "./ui/toast.js";
import "./ui/toast.js";
import { tokens } from "./ui/tokens.js";

const page = css`
  body {
    margin: 0;
    background: light-dark(#fafaf8, #101312);
    -webkit-text-size-adjust: 100%;
    text-size-adjust: 100%;
  }
`;

/** Pages arrive when they are first looked at, each in a chunk of its own. */
const PAGES: Partial<Record<Route["page"], () => Promise<unknown>>> = {
  chat: () => import("./chat/chat.js"),
  keys: () => import("./pages/keys.js"),
  costs: () => import("./pages/costs.js"),
  "not-found": () => import("./ui/shell.js"),
};

export class App extends CauserieElement {
  static override styles = [
    tokens,
    base,
    buttons,
    css`
      .skip {
        position: fixed;
        inset-block-start: -60px;
        inset-inline-start: 12px;
        z-index: 20;
      }
      .skip:focus {
        inset-block-start: 12px;
      }
      .lost {
        padding: 64px 24px;
        max-inline-size: 560px;
        margin-inline: auto;
      }
      .lost h1 {
        margin-block-end: 8px;
        font-size: 22px;
        font-weight: 600;
      }
      .lost p {
        margin-block-end: 20px;
        overflow-wrap: anywhere;
      }
      .down {
        display: grid;
        place-content: center;
        justify-items: start;
        gap: 16px;
        min-block-size: 100dvh;
        padding: 24px;
      }
    `,
  ];

  private readonly client = new Client();
  private readonly router = new Router();
  private readonly route = new StoreController(this, (value: Route) => value);
  private readonly user = new StoreController(this, (value: UserInfo | null | undefined) => value);
  private opened = false;
  @state() private ready: ReadonlySet<string> = new Set(["sign-in"]);
  @state() private theme: Theme = readTheme(this.client.shelf);
  @state() private unreachable = false;
  @query("causerie-toasts") private toasts!: Toasts;
  @query("causerie-dialog") private dialog!: Dialog;

  override connectedCallback(): void {
    super.connectedCallback();
    applyTheme(this.theme);
    this.addEventListener("click", this.router.click);
    this.client.addEventListener("signed-out", () => void this.dialog.show());
    this.client.addEventListener("problem", (event) => {
      this.toasts.show({ text: (event as CustomEvent<Problem>).detail.message, bad: true });
    });
    void this.identify();
    // The page's own chunk is fetched while the server says who is signed in.
    if (!location.hash) void this.fetchPage(this.router.route.value.page);
  }

  private async identify(): Promise<void> {
    this.unreachable = false;
    try {
      if (this.router.route.value.page === "sign-in" && location.hash) this.client.user.set(null);
      else await this.client.identify();
    } catch {
      this.unreachable = true;
    }
  }

  private async fetchPage(name: Route["page"]): Promise<void> {
    await PAGES[name]?.();
    if (!this.ready.has(name)) this.ready = new Set([...this.ready, name]);
  }

  override willUpdate(): void {
    const user = this.user.follow(this.client.user);
    if (user !== undefined) this.redirect(user);
    const route = this.route.follow(this.router.route);
    if (!user || !route) return;
    if (!this.opened) {
      this.opened = true;
      this.client.open();
    }
    if (!this.ready.has(route.page)) void this.fetchPage(route.page);
  }

  private redirect(user: UserInfo | null): void {
    const { page } = this.router.route.value;
    if (user === null) {
      if (page !== "sign-in" && !this.opened) this.router.go("/sign-in", true);
    } else if (page === "sign-in" || location.pathname === "/") this.router.go("/chat", true);
  }

  override render(): TemplateResult {
    const route = this.router.route.value;
    document.title = title(route);
    return html`<causerie-provider .client=${this.client} @causerie-theme=${this.themed} @causerie-sign-out=${this.signOut}
      @causerie-toast=${(event: CustomEvent<Toast>) => this.toasts.show(event.detail)}
      @causerie-navigate=${(event: CustomEvent<{ path: string; replace?: boolean }>) =>
        this.router.go(event.detail.path, event.detail.replace)}>
      <a class="button skip" href="#main" @click=${this.skip}>${t("skip")}</a>
      ${this.unreachable ? this.down() : this.page(route)}
      <causerie-announcer></causerie-announcer>
      <causerie-toasts></causerie-toasts>
      <causerie-dialog firm heading=${t("signIn.again")}>
        <p class="muted">${t("signIn.againText")}</p>
        <causerie-sign-in inside @causerie-signed-in=${this.back}></causerie-sign-in>
      </causerie-dialog>
    </causerie-provider>`;
  }

  private page(route: Route): TemplateResult | typeof nothing {
    const user = this.client.user.value;
    if (user === undefined) return nothing;
    if (route.page === "sign-in") return html`<causerie-sign-in></causerie-sign-in>`;
    if (!user || !this.ready.has(route.page)) return nothing;
    switch (route.page) {
      case "chat":
        return html`<causerie-chat .conversation=${route.conversation ?? ""} .theme=${this.theme}></causerie-chat>`;
      case "keys":
        return html`<causerie-shell page="keys" .theme=${this.theme}><causerie-keys></causerie-keys></causerie-shell>`;
      case "costs":
        return html`<causerie-shell page="costs" .theme=${this.theme}><causerie-live-costs></causerie-live-costs></causerie-shell>`;
      case "not-found":
        return html`<causerie-shell .theme=${this.theme}><div class="lost">
          <h1>${t("notFound.title")}</h1>
          <p class="muted">${t("notFound.text", { path: route.path })}</p>
          <a class="button" href="/chat">${t("notFound.back")}</a>
        </div></causerie-shell>`;
    }
  }

  private down(): TemplateResult {
    return html`<div class="down" role="alert">
      <p>${t("error.network")}</p>
      <button class="button" type="button" @click=${() => void this.identify()}>${t("retry")}</button>
    </div>`;
  }

  /** The landmark stands in a shadow tree, where an address with a fragment does not reach. */
  private skip(event: Event): void {
    event.preventDefault();
    const find = (root: ParentNode): HTMLElement | undefined => {
      for (const element of root.querySelectorAll<HTMLElement>("*")) {
        if (element.id === "main") return element;
        const found = element.shadowRoot && find(element.shadowRoot);
        if (found) return found;
      }
      return undefined;
    };
    const main = find(this.renderRoot);
    if (!main) return;
    main.tabIndex = -1;
    main.focus();
  }

  private themed(event: CustomEvent<Theme>): void {
    this.theme = event.detail;
    this.client.shelf.write("theme", this.theme);
    applyTheme(this.theme);
  }

  private async signOut(): Promise<void> {
    try {
      await this.client.signOut();
    } finally {
      // A fresh document: nothing of the person who left stays in memory.
      location.assign("/sign-in");
    }
  }

  private readonly back = (): void => {
    this.dialog.close();
    this.client.socket.stop();
    this.client.socket.start();
    void this.client.conversations.refresh();
  };
}

function title(route: Route): string {
  const names = {
    chat: t("page.chat"),
    keys: t("page.keys"),
    costs: t("page.costs"),
    "sign-in": t("page.signIn"),
    "not-found": t("page.notFound"),
  };
  return `${names[route.page]} · ${t("product")}`;
}

if (page.styleSheet) document.adoptedStyleSheets.push(page.styleSheet);
define("causerie-app", App);
