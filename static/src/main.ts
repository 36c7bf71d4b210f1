// The product's own pages: who is signed in, which page the address names, and what stands around it.
import { css, html, nothing, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";

import { Marks } from "./account/marks.js";
import { holdSecret } from "./account/secret.js";
import type { ThresholdNote } from "./account/threshold.js";
import type { Problem } from "./core/api.js";
import { Client } from "./core/client.js";
import { isLanguage, locale, preferred, speak, t, type Language } from "./core/i18n.js";
import { isOpen, Router, type PageName, type Route } from "./core/route.js";
import { said } from "./core/said.js";
import { StoreController } from "./core/store.js";
import { applyTheme, readTheme, type Theme } from "./core/theme.js";
import type { Me } from "./core/wire.gen.js";
import type { News } from "./creator/runs.js";
import { doors, PAGES, type View } from "./pages.js";
import "./ui/announcer.js";
import type { Dialog } from "./ui/dialog.js";
import "./ui/dialog.js";
import { base, buttons, CauserieElement, define } from "./ui/element.js";
import { arrive, landmark } from "./ui/landmark.js";
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

/** Pages that links with a secret lead to; who one is now matters to the last alone. */
const BY_LINK: ReadonlySet<PageName> = new Set(["sign-in", "confirm", "reset", "invitation"]);

/** Pages that are of no use to somebody who is signed in. */
const FOR_STRANGERS: ReadonlySet<PageName> = new Set(["sign-in", "sign-up"]);

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
  private readonly user = new StoreController(this, (value: Me | null | undefined) => value);
  private opened = false;
  /** Who was signed in when this document was opened. */
  private owner = "";
  @state() private views: ReadonlyMap<PageName, View> = new Map();
  @state() private theme: Theme = readTheme(this.client.shelf);
  private readonly language = speak(this.client.shelf.read("language", isLanguage) ?? preferred());
  @state() private unreachable = false;
  /** The page whose scripts did not come. */
  @state() private missing: PageName | undefined;
  private readonly marks = new Marks(this, this.client.shelf);
  private looked: Route | undefined;
  /** The page that was shown last, and the one that was gone to. */
  private shown: PageName | undefined;
  private entered: PageName | undefined;
  /** Somebody is asked whether they leave what is not saved. */
  @state() private leaving = false;
  @query("causerie-toasts") private toasts!: Toasts;
  @query("causerie-dialog") private dialog!: Dialog;

  override connectedCallback(): void {
    super.connectedCallback();
    applyTheme(this.theme);
    this.addEventListener("click", this.router.click);
    this.client.addEventListener("signed-out", () => void this.expired());
    this.client.addEventListener("problem", (event) => {
      this.toasts.show({ text: said((event as CustomEvent<Problem>).detail), bad: true });
    });
    this.client.addEventListener("news", (event) => this.news((event as CustomEvent<News>).detail));
    this.client.addEventListener("thresholds", (event) => void this.marks.tell((event as CustomEvent<ThresholdNote[]>).detail));
    this.router.held.subscribe((path) => void this.hold(path !== undefined));
    void this.identify();
    // The page's own chunk is fetched while the server says who is signed in.
    void this.fetchPage(this.router.route.value.page);
  }

  /** Something ended whose page is not looked at. */
  private news({ text, bad, action }: News): void {
    this.toasts.show({ text, bad, action: { label: action.label, run: () => this.router.go(action.path) } });
  }

  private async hold(asked: boolean): Promise<void> {
    if (asked) await import("./account/unsaved.js");
    this.leaving = asked;
  }

  private async identify(): Promise<void> {
    this.unreachable = false;
    await this.language;
    try {
      const { page } = this.router.route.value;
      if (BY_LINK.has(page) && holdSecret() && page !== "invitation") this.client.user.set(null);
      else await this.client.identify();
    } catch {
      this.unreachable = true;
    }
  }

  private async fetchPage(name: PageName): Promise<void> {
    if (name === this.missing || this.views.has(name)) return;
    try {
      const { view } = await PAGES[name]();
      this.views = new Map(this.views).set(name, view);
    } catch {
      this.missing = name;
    }
  }

  private async expired(): Promise<void> {
    await doors();
    await this.dialog.show();
    addEventListener("focus", this.look);
  }

  /** Whoever has no password signs in by a link, in another window: it counts here, too. */
  private readonly look = async (): Promise<void> => {
    const user = await this.client.api.get<Me>("/api/auth/me").catch(() => undefined);
    if (!user) return;
    this.client.user.set(user);
    this.back();
  };

  private async retry(): Promise<void> {
    await this.identify();
    // A newer version of the server has other scripts, and the document that names them.
    if (!this.unreachable && this.missing === this.router.route.value.page) location.reload();
  }

  override willUpdate(): void {
    const user = this.user.follow(this.client.user);
    if (user !== undefined) this.redirect(user);
    const route = this.route.follow(this.router.route);
    if (!route) return;
    if (route !== this.looked) this.marks.settle();
    this.looked = route;
    if (user && !this.opened) {
      this.opened = true;
      this.owner = user.id;
      void this.marks.recall();
      this.client.open();
    }
    if (user || isOpen(route.page)) void this.fetchPage(route.page);
  }

  private redirect(user: Me | null): void {
    const { page } = this.router.route.value;
    if (user === null) {
      if (!isOpen(page) && !this.opened) this.router.go("/sign-in", true);
    } else if (FOR_STRANGERS.has(page)) this.router.go("/", true);
  }

  override render(): TemplateResult {
    const route = this.router.route.value;
    document.title = title(route);
    document.documentElement.lang = locale();
    return html`<causerie-provider .client=${this.client} @causerie-theme=${this.themed}
      @causerie-language=${(event: CustomEvent<Language>) => this.spoken(event.detail)} @causerie-sign-out=${this.signOut}
      @causerie-toast=${(event: CustomEvent<Toast>) => this.toasts.show(event.detail)}
      @causerie-navigate=${(event: CustomEvent<{ path: string; replace?: boolean }>) =>
        this.router.go(event.detail.path, event.detail.replace)}>
      <a class="button skip" href="#main" @click=${this.skip}>${t("skip")}</a>
      ${this.marks.render(route.page === "chat")}
      ${this.unreachable || this.missing === route.page ? this.down() : this.page(route)}
      <causerie-announcer></causerie-announcer>
      ${this.leaving
        ? html`<causerie-unsaved @causerie-answered=${(event: CustomEvent<boolean>) => this.router.answer(event.detail)}></causerie-unsaved>`
        : nothing}
      <causerie-toasts data-region ?raised=${route.page === "chat"}></causerie-toasts>
      <causerie-dialog firm heading=${t("signIn.again")}>
        <p class="muted">${t("signIn.againText")}</p>
        <causerie-sign-in inside @causerie-signed-in=${this.back}></causerie-sign-in>
      </causerie-dialog>
    </causerie-provider>`;
  }

  private page(route: Route): TemplateResult | typeof nothing {
    const user = this.client.user.value;
    if (user === undefined || this.marks.pending || (!user && !isOpen(route.page))) return nothing;
    const view = this.views.get(route.page);
    if (view) this.shown = route.page;
    return view?.(route, this.theme) ?? nothing;
  }

  override updated(): void {
    if (this.shown === this.entered) return;
    const comes = this.entered !== undefined;
    this.entered = this.shown;
    if (comes) setTimeout(() => this.enter());
  }

  /** Another page begins at its top, and so does the keyboard, unless it has a place there already. A
   * page that waits for what it is called has no heading yet. */
  private enter(): void {
    if (!this.router.returned) scrollTo({ top: 0 });
    const main = landmark(this.renderRoot, "#main");
    if (!main?.matches(":focus-within")) arrive(landmark(this.renderRoot, "h1") ?? main);
  }

  private down(): TemplateResult {
    return html`<div class="down" role="alert">
      <p>${t("error.network")}</p>
      <button class="button" type="button" @click=${() => void this.retry()}>${t("retry")}</button>
    </div>`;
  }

  /** The landmark stands in a shadow tree, where an address with a fragment does not reach. */
  private skip(event: Event): void {
    event.preventDefault();
    arrive(landmark(this.renderRoot, "#main"));
  }

  private themed(event: CustomEvent<Theme>): void {
    this.theme = event.detail;
    this.client.shelf.write("theme", this.theme);
    applyTheme(this.theme);
  }

  private spoken(language: Language): void {
    this.client.shelf.write("language", language);
    void speak(language);
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
    removeEventListener("focus", this.look);
    // What is shown and kept in memory is for the eyes of whoever was here.
    if (this.client.user.value?.id !== this.owner) {
      location.assign("/");
      return;
    }
    this.dialog.close();
    this.client.socket.stop();
    this.client.socket.start();
    void this.client.conversations.refresh();
  };
}

function title(route: Route): string {
  return `${t(`page.${route.page}`)} · ${t("product")}`;
}

if (page.styleSheet) document.adoptedStyleSheets.push(page.styleSheet);
define("causerie-app", App);
