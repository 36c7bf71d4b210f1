// Webhooks: where to, for which events, whether they arrive; their secret is shown once.
import { html, nothing, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { locale, t } from "../core/i18n.js";
import type { Page } from "../core/resources.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { Events, HookCreated, HookView } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, define } from "../ui/element.js";
import { KeptPage } from "../ui/kept.js";
import { Loader } from "../ui/loader.js";
import "../ui/once.js";
import { pages, sections } from "../ui/page.js";
import type { Select } from "../ui/select.js";
import "../ui/select.js";
import "./deliveries.js";
import "./hook-form.js";

const PATH = "/api/ai/hooks";

/** How long the old secret signs beside the new one, in seconds; the longest is the server's limit. */
const GRACES = [
  [86_400, "hooks.grace.day"],
  [0, "hooks.grace.none"],
  [3_600, "hooks.grace.hour"],
  [604_800, "hooks.grace.week"],
] as const;

interface Found {
  hooks: readonly HookView[];
  events: Events["items"];
}

export class Hooks extends KeptPage<HookView> {
  static override styles = [base, buttons, sections, pages];

  @state() private fresh = "";
  @state() private chosen: HookView | undefined;
  /** The webhook whose log is open. */
  @state() private log: HookView | undefined;
  @state() private busy = false;
  @query("#remove") private removing!: Dialog;
  @query("#rotate") private rotating!: Dialog;
  private readonly found = new Loader<Found>(this, () => this.read());

  private async read(): Promise<Found> {
    const [hooks, events] = await Promise.all([
      this.client.api.get<Page<HookView>>(`${PATH}?limit=200`),
      this.client.api.get<Events>(`${PATH}/events`),
    ]);
    return { hooks: hooks.items, events: events.items };
  }

  protected reload(): Promise<void> {
    return this.found.load();
  }

  override render(): TemplateResult {
    const name = this.chosen?.url ?? "";
    return html`
      <h1>${t("page.webhooks")}</h1>
      <p class="muted lead">${t("hooks.text")}</p>
      ${this.fresh
        ? html`<causerie-once heading=${t("hooks.secret")} .value=${this.fresh} copy=${t("hooks.copy")} note=${t("hooks.once")}></causerie-once>`
        : nothing}
      ${this.found.render((found) => this.view(found))}
      <causerie-dialog id="remove" heading=${t("hooks.removeTitle")}>
        <p dir="auto">${name}</p><p class="muted">${t("hooks.removeText")}</p>
        <button slot="deeds" class="button" type="button" @click=${() => this.removing.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button danger" type="button" @click=${this.expunge}>${t("hooks.remove")}</button>
      </causerie-dialog>
      <causerie-dialog id="rotate" heading=${t("hooks.rotateTitle")}>
        <p class="muted">${t("hooks.rotateText")}</p>
        <div class="stack"><causerie-select label=${t("hooks.grace")} value="86400"
          .choices=${GRACES.map(([seconds, words]) => ({ id: String(seconds), label: t(words) }))}></causerie-select></div>
        <button slot="deeds" class="button" type="button" @click=${() => this.rotating.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button primary" type="button" @click=${this.rotate}>${t("hooks.rotate")}</button>
      </causerie-dialog>`;
  }

  private view({ hooks, events }: Found): TemplateResult {
    if (this.editing !== undefined) {
      return html`<causerie-hook-form .hook=${this.editing} .events=${events} ?admin=${this.client.user.value?.role === "admin"}
        @causerie-made=${(event: CustomEvent<HookCreated>) => (this.fresh = event.detail.secret)}
        @causerie-saved=${this.saved} @causerie-left=${this.left}></causerie-hook-form>`;
    }
    if (this.log) {
      const { id } = this.log;
      return html`<causerie-deliveries .hook=${hooks.find((hook) => hook.id === id) ?? this.log} @causerie-left=${this.shut}></causerie-deliveries>`;
    }
    return html`${this.newButton(t("hooks.new"))}
      ${hooks.length ? html`<ul class="rows">${repeat(hooks, ({ id }) => id, (hook) => this.row(hook))}</ul>` : this.empty(t("hooks.empty"))}`;
  }

  private row(hook: HookView): TemplateResult {
    const { id, url, description, events, enabled, previousUntil } = hook;
    const name = description || url;
    return html`<li class="row">
      <div class="what"><strong dir="auto">${name}</strong>${this.mark(hook)}
        ${description ? html`<small dir="auto">${url}</small>` : nothing}
        <small>${events.join(", ")}</small>
        ${enabled ? nothing : html`<small>${this.reason(hook)}</small>`}
        ${previousUntil && Date.parse(previousUntil) > Date.now()
          ? html`<small>${t("hooks.previous", { at: full(previousUntil, locale()) })}</small>`
          : nothing}</div>
      <div class="deeds">
        ${enabled
          ? html`<button class="button small" type="button" ?disabled=${this.busy} aria-label=${t("hooks.testLabel", { name })}
              @click=${() => void this.test(hook)}>${t("hooks.test")}</button>`
          : html`<button class="button small primary" type="button" ?disabled=${this.busy} aria-label=${t("hooks.enableLabel", { name })}
              @click=${() => void this.enable(hook, true)}>${t("hooks.enable")}</button>`}
        <button class="button small" type="button" data-log=${id} aria-label=${t("hooks.logLabel", { name })} @click=${() => void this.open(hook)}>${t("hooks.log")}</button>
        <button class="button small" type="button" data-id=${id} aria-label=${t("kept.editLabel", { name })} @click=${() => void this.edit(hook)}>${t("kept.edit")}</button>
        <button class="button small" type="button" aria-label=${t("hooks.rotateLabel", { name })} @click=${() => this.ask(hook, this.rotating)}>${t("hooks.rotateShort")}</button>
        ${enabled
          ? html`<button class="button small" type="button" ?disabled=${this.busy} aria-label=${t("hooks.disableLabel", { name })}
              @click=${() => void this.enable(hook, false)}>${t("hooks.disable")}</button>`
          : nothing}
        <button class="button small" type="button" aria-label=${t("kept.deleteLabel", { name })} @click=${() => this.ask(hook, this.removing)}>${t("kept.delete")}</button>
      </div>
    </li>`;
  }

  private mark({ enabled, disabledReason, failingSince }: HookView): TemplateResult {
    if (!enabled) return html` <span class="tag ${disabledReason === "owner" ? "" : "bad"}">${t("hooks.disabled")}</span>`;
    if (failingSince) return html` <span class="tag warn">${t("hooks.failing", { at: full(failingSince, locale()) })}</span>`;
    return html` <span class="tag good">${t("hooks.enabled")}</span>`;
  }

  private reason({ disabledReason }: HookView): string {
    return t(disabledReason === "gone" ? "hooks.gone" : disabledReason === "failing" ? "hooks.failed" : "hooks.byOwner");
  }

  private ask(hook: HookView, dialog: Dialog): void {
    this.chosen = hook;
    void dialog.show();
  }

  private async open(hook: HookView): Promise<void> {
    this.fresh = "";
    this.log = hook;
    await this.updateComplete;
    scrollTo({ top: 0 });
  }

  private readonly shut = async (): Promise<void> => {
    const id = this.log?.id ?? "";
    this.log = undefined;
    await this.reload();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`[data-log="${id}"]`)?.focus();
  };

  private test(hook: HookView): Promise<void> {
    return this.change(async () => {
      await this.client.api.post(`${PATH}/${hook.id}/test`);
      await this.open(hook);
    });
  }

  private enable(hook: HookView, enabled: boolean): Promise<void> {
    return this.change(async () => {
      await this.client.api.patch(`${PATH}/${hook.id}`, { enabled });
      this.tell("toast", { text: t(enabled ? "hooks.enabledNow" : "hooks.disabledNow") });
      await this.reload();
    });
  }

  private readonly expunge = (): Promise<void> =>
    this.change(async () => {
      this.removing.close();
      await this.client.api.delete(`${PATH}/${this.chosen?.id ?? ""}`);
      this.tell("toast", { text: t("hooks.removed") });
      await this.reload();
    });

  private readonly rotate = (): Promise<void> =>
    this.change(async () => {
      this.rotating.close();
      const graceSeconds = Number(this.rotating.querySelector<Select>("causerie-select")?.value);
      const made = await this.client.api.post<HookCreated>(`${PATH}/${this.chosen?.id ?? ""}/rotate`, { graceSeconds });
      this.fresh = made.secret;
      await this.reload();
      this.renderRoot.querySelector("causerie-once")?.scrollIntoView({ block: "nearest" });
    });

  private async change(deed: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await deed();
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    } finally {
      this.busy = false;
    }
  }
}

define("causerie-hooks", Hooks);
