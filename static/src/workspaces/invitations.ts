// Inviting somebody: a mail goes out where the server can send one, and the link is there to be
// copied in any case.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { locale, t } from "../core/i18n.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { InvitationCreated, InvitationView, WorkspaceView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import "../ui/once.js";
import { sections } from "../ui/page.js";
import type { Select } from "../ui/select.js";
import "../ui/select.js";

export class Invitations extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      .line > causerie-select {
        flex: 0 0 140px;
        min-inline-size: 140px;
      }
      form .problem {
        margin-block-start: 12px;
      }
    `,
  ];

  @property({ attribute: false }) workspace!: WorkspaceView;
  @property({ attribute: false }) items: readonly InvitationView[] = [];
  /** Whether this server sends mails. */
  @property({ type: Boolean }) mail = false;
  @state() private made: InvitationCreated | undefined;

  override render(): TemplateResult {
    return html`<section aria-labelledby="heading">
      <h2 id="heading">${t("invite.title")}</h2>
      <p class="muted">${t("invite.text")}</p>
      <form novalidate @submit=${this.invite}>
        <div class="line">
          <causerie-field name="email" type="email" label=${t("signIn.email")} .problem=${this.faults["email"] ?? ""}></causerie-field>
          <causerie-select label=${t("invite.as")} value="member" .choices=${[
            { id: "member", label: t("members.member") },
            { id: "owner", label: t("workspaces.owner") },
          ]}></causerie-select>
          <button class="button" type="submit" ?disabled=${this.busy}>${t("invite.submit")}</button>
        </div>
        ${this.complaint()}
      </form>
      ${this.made
        ? html`<causerie-once heading=${t(this.mail ? "invite.mailed" : "invite.notMailed", { email: this.made.email })}
            .value=${this.made.link} copy=${t("invite.copy")} note=${t("invite.once", { at: full(this.made.expiresAt, locale()) })}></causerie-once>`
        : nothing}
      ${this.items.length
        ? html`<ul class="rows" aria-label=${t("invite.open")}>${repeat(this.items, ({ id }) => id, (invitation) => this.row(invitation))}</ul>`
        : nothing}
    </section>`;
  }

  private row(invitation: InvitationView): TemplateResult {
    const role = invitation.role === "owner" ? t("workspaces.owner") : t("members.member");
    return html`<li class="row">
      <div class="what">${invitation.email} <span class="tag">${t("invite.waiting")}</span>
        <small>${role} · ${t("invite.until", { at: full(invitation.expiresAt, locale()) })}</small></div>
      <div class="deeds"><button class="button small" type="button" aria-label=${t("invite.withdrawLabel", { email: invitation.email })}
        @click=${() => void this.withdraw(invitation)}>${t("invite.withdraw")}</button></div>
    </li>`;
  }

  private async invite(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    const role = this.renderRoot.querySelector<Select>("causerie-select")?.value ?? "member";
    const done = await this.attempt(async () => {
      this.made = await this.client.api.post<InvitationCreated>(`/api/workspaces/${this.workspace.id}/invitations`, {
        email: values["email"]?.trim(),
        role,
      });
    });
    if (!done) return;
    for (const field of this.fields) field.value = "";
    this.tell("changed");
  }

  private async withdraw(invitation: InvitationView): Promise<void> {
    try {
      await this.client.api.delete(`/api/workspaces/${this.workspace.id}/invitations/${invitation.id}`);
      if (this.made?.id === invitation.id) this.made = undefined;
      this.tell("toast", { text: t("invite.withdrawn") });
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
    this.tell("changed");
  }
}

define("causerie-invitations", Invitations);
