// Where one is signed in, and the way to end that from here.
import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { locale, t } from "../core/i18n.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { SessionView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { sections } from "../ui/page.js";
import { device } from "./device.js";

/** Shown at once: what follows on the page stays in reach. */
const FEW = 5;

export class Sessions extends ClientElement {
  static override styles = [base, buttons, sections];

  @property({ attribute: false }) items: readonly SessionView[] = [];
  @state() private busy = false;
  @state() private all = false;

  override render(): TemplateResult {
    const others = this.items.filter((session) => !session.current);
    const ordered = [...this.items.filter((session) => session.current), ...others];
    const shown = this.all ? ordered : ordered.slice(0, FEW);
    return html`<section aria-labelledby="heading">
      <h2 id="heading">${t("sessions.title")}</h2>
      <p class="muted">${t("sessions.text")}</p>
      <ul class="rows">${repeat(shown, ({ id }) => id, (session) => this.row(session))}</ul>
      ${shown.length < ordered.length
        ? html`<button class="button more" type="button" @click=${() => (this.all = true)}>${t("sessions.all", { count: ordered.length })}</button>`
        : nothing}
      ${others.length > 1
        ? html`<button class="button more" type="button" ?disabled=${this.busy}
            @click=${() => void this.end("/api/auth/sessions", t("sessions.endedAll"))}>${t("sessions.endAll")}</button>`
        : nothing}
    </section>`;
  }

  private row(session: SessionView): TemplateResult {
    const { browser, system } = device(session.userAgent);
    const name = !browser && !system
      ? t("sessions.unknown")
      : browser && system ? t("sessions.device", { browser, system }) : browser || system;
    const seen = t("sessions.seen", { at: full(session.lastSeenAt ?? session.createdAt, locale()) });
    return html`<li class="row">
      <div class="what">
        <span dir="auto">${name}</span>${session.current ? html` <span class="tag good">${t("sessions.current")}</span>` : nothing}
        <small>${session.address ? `${session.address} · ` : ""}${seen}</small>
        <small>${t("sessions.since", { at: full(session.createdAt, locale()) })}</small>
      </div>
      ${session.current
        ? nothing
        : html`<div class="deeds"><button class="button small" type="button" ?disabled=${this.busy}
            aria-label=${t("sessions.endLabel", { name })}
            @click=${() => void this.end(`/api/auth/sessions/${session.id}`, t("sessions.ended"))}>${t("account.out")}</button></div>`}
    </li>`;
  }

  private async end(path: string, words: string): Promise<void> {
    this.busy = true;
    try {
      await this.client.api.delete(path);
      this.tell("toast", { text: words });
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    } finally {
      this.busy = false;
      this.tell("changed");
    }
  }
}

define("causerie-sessions", Sessions);
