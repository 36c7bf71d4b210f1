// API keys: made, shown once, rotated, revoked.
import { html, nothing, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { locale, t } from "../core/i18n.js";
import type { ApiKey, Page } from "../core/resources.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { KeyCreated, WorkspaceView } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import "../ui/once.js";
import { pages, sections } from "../ui/page.js";
import type { Select } from "../ui/select.js";
import "../ui/select.js";
import "./key-form.js";

/** How long a key that is replaced goes on, in seconds; the longest is the server's limit. */
const GRACES = [0, 3_600, 86_400, 604_800] as const;
const GRACE_WORDS = { 0: "keys.grace.none", 3600: "keys.grace.hour", 86400: "keys.grace.day", 604800: "keys.grace.week" } as const;

interface Found {
  keys: readonly ApiKey[];
  workspaces: readonly WorkspaceView[];
}

export class Keys extends ClientElement {
  static override styles = [base, buttons, sections, pages];

  @state() private fresh = "";
  @state() private chosen: ApiKey | undefined;
  @query("#revoke") private revoking!: Dialog;
  @query("#rotate") private rotating!: Dialog;
  private readonly found = new Loader<Found>(this, () => this.read());

  private async read(): Promise<Found> {
    const [keys, workspaces] = await Promise.all([
      this.client.api.get<Page<ApiKey>>("/api/api-keys?limit=200"),
      this.client.api.get<Page<WorkspaceView>>("/api/workspaces?limit=200"),
    ]);
    return { keys: keys.items, workspaces: workspaces.items.filter(({ personal }) => !personal) };
  }

  override render(): TemplateResult {
    const name = this.chosen ? named(this.chosen) : "";
    return html`
      <h1>${t("keys.title")}</h1>
      <p class="muted lead">${t("keys.text")}</p>
      <causerie-key-form .workspaces=${this.found.value?.workspaces ?? []} ?admin=${this.client.user.value?.role === "admin"}
        @causerie-made=${(event: CustomEvent<string>) => void this.show(event.detail)}></causerie-key-form>
      ${this.fresh
        ? html`<causerie-once heading=${t("keys.created")} .value=${this.fresh} copy=${t("keys.copy")} note=${t("keys.once")}></causerie-once>`
        : nothing}
      ${this.found.render((found) =>
        found.keys.length
          ? html`<ul class="rows">${repeat(found.keys, ({ id }) => id, (key) => this.row(key, found))}</ul>`
          : html`<p class="muted rows">${t("keys.empty")}</p>`,
      )}
      <causerie-dialog id="revoke" heading=${t("keys.confirm", { name })}>
        <p>${t("keys.confirmText")}</p>
        <button slot="deeds" class="button" type="button" @click=${() => this.revoking.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button danger" type="button" @click=${this.revoke}>${t("keys.revoke")}</button>
      </causerie-dialog>
      <causerie-dialog id="rotate" heading=${t("keys.rotateTitle", { name })}>
        <p class="muted">${t("keys.rotateText")}</p>
        <div class="stack"><causerie-select label=${t("keys.grace")} value="0"
          .choices=${GRACES.map((seconds) => ({ id: String(seconds), label: t(GRACE_WORDS[seconds]) }))}></causerie-select></div>
        <button slot="deeds" class="button" type="button" @click=${() => this.rotating.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button primary" type="button" @click=${this.rotate}>${t("keys.rotate")}</button>
      </causerie-dialog>
    `;
  }

  private row(key: ApiKey, { workspaces }: Found): TemplateResult {
    const name = named(key);
    const used = key.lastUsedAt ? t("keys.used", { at: full(key.lastUsedAt, locale()) }) : t("keys.unused");
    const ended = key.expiresAt !== null && new Date(key.expiresAt) <= new Date();
    const place = key.workspaceId && (workspaces.find(({ id }) => id === key.workspaceId)?.name ?? key.workspaceId);
    const facts = [
      t("keys.madeAt", { at: full(key.createdAt, locale()) }),
      used,
      key.expiresAt && !ended ? t("keys.until", { at: full(key.expiresAt, locale()) }) : "",
      place ? t("keys.bound", { name: place }) : "",
      key.issuer ? t("keys.namesUsersOf", { issuer: key.issuer }) : "",
    ];
    return html`<li class="row">
      <div class="what">
        <strong dir="auto">${name}</strong> <code>${key.prefix}…</code>
        ${ended ? html` <span class="tag bad">${t("keys.expired")}</span>` : nothing}
        <small>${facts.filter(Boolean).join(" · ")}</small>
        <small>${key.scopes ? t("keys.scopes", { scopes: key.scopes.join(", ") }) : t("keys.everything")}</small>
      </div>
      <div class="deeds">
        <button class="button small" type="button" aria-label=${t("keys.rotateLabel", { name })}
          @click=${() => this.ask(key, this.rotating)}>${t("keys.rotate")}</button>
        <button class="button small" type="button" aria-label=${t("keys.revokeLabel", { name })}
          @click=${() => this.ask(key, this.revoking)}>${t("keys.revoke")}</button>
      </div>
    </li>`;
  }

  private async show(secret: string): Promise<void> {
    this.fresh = secret;
    await this.found.load();
    await this.updateComplete;
    this.renderRoot.querySelector("causerie-once")?.scrollIntoView({ block: "nearest" });
  }

  private ask(key: ApiKey, dialog: Dialog): void {
    this.chosen = key;
    void dialog.show();
  }

  private readonly revoke = (): Promise<void> =>
    this.change(this.revoking, async (path) => {
      await this.client.api.delete(path);
      this.tell("toast", { text: t("keys.revoked") });
    });

  private readonly rotate = (): Promise<void> =>
    this.change(this.rotating, async (path) => {
      const graceSeconds = Number(this.rotating.querySelector<Select>("causerie-select")?.value);
      const made = await this.client.api.post<KeyCreated>(`${path}/rotate`, { graceSeconds });
      await this.show(made.key);
    });

  private async change(dialog: Dialog, deed: (path: string) => Promise<void>): Promise<void> {
    dialog.close();
    if (!this.chosen) return;
    try {
      await deed(`/api/api-keys/${this.chosen.id}`);
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
    await this.found.load();
  }
}

const named = (key: ApiKey): string => key.name || t("keys.unnamed");

define("causerie-keys", Keys);
