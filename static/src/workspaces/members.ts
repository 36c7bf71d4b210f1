// Who is in a workspace, and as what. Owners change that.
import { html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { locale, t } from "../core/i18n.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { MemberView, WorkspaceView } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { sections } from "../ui/page.js";
import type { Select } from "../ui/select.js";
import "../ui/select.js";

export class Members extends ClientElement {
  static override styles = [base, buttons, sections];

  @property({ attribute: false }) workspace!: WorkspaceView;
  @property({ attribute: false }) items: readonly MemberView[] = [];
  @state() private leaving: MemberView | undefined;
  @query("causerie-dialog") private dialog!: Dialog;

  override render(): TemplateResult {
    return html`<section aria-labelledby="heading">
        <h2 id="heading">${t("members.title")}</h2>
        <ul class="rows">${repeat(this.items, ({ userId }) => userId, (member) => this.row(member))}</ul>
      </section>
      <causerie-dialog heading=${t("members.confirm", { name: this.leaving ? named(this.leaving) : "" })}>
        <p>${t("members.confirmText")}</p>
        <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button danger" type="button" @click=${this.expel}>${t("members.remove")}</button>
      </causerie-dialog>`;
  }

  private row(member: MemberView): TemplateResult {
    const name = named(member);
    const own = member.userId === this.client.user.value?.id;
    const deeds = this.workspace.role === "owner" && !own;
    return html`<li class="row">
      <div class="what">
        <span dir="auto">${name}</span>${own ? html` <span class="tag">${t("members.you")}</span>` : nothing}
        <small>${member.email && member.email !== name ? `${member.email} · ` : ""}${t("members.since", { at: full(member.joinedAt, locale()) })}</small>
      </div>
      <div class="deeds">
        ${deeds
          ? html`<causerie-select small label=${t("members.roleOf", { name })} .value=${member.role}
                .choices=${[
                  { id: "member", label: t("members.member") },
                  { id: "owner", label: t("workspaces.owner") },
                ]}
                @causerie-change=${(event: CustomEvent<string>) => this.change(member, event)}></causerie-select>
              <button class="button small" type="button" aria-label=${t("members.removeLabel", { name })}
                @click=${() => this.ask(member)}>${t("members.remove")}</button>`
          : html`<span class="muted">${member.role === "owner" ? t("workspaces.owner") : t("members.member")}</span>`}
      </div>
    </li>`;
  }

  private path(member: MemberView): string {
    return `/api/workspaces/${this.workspace.id}/members/${member.userId}`;
  }

  private ask(member: MemberView): void {
    this.leaving = member;
    void this.dialog.show();
  }

  private async change(member: MemberView, event: CustomEvent<string>): Promise<void> {
    const select = event.currentTarget as Select;
    try {
      await this.client.api.patch(this.path(member), { role: event.detail });
      this.tell("toast", { text: t("members.changed") });
    } catch (error) {
      select.value = member.role;
      this.tell("toast", { text: said(error), bad: true });
    }
    this.tell("changed");
  }

  private async expel(): Promise<void> {
    this.dialog.close();
    if (!this.leaving) return;
    try {
      await this.client.api.delete(this.path(this.leaving));
      this.tell("toast", { text: t("members.removed") });
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
    this.tell("changed");
  }
}

const named = (member: MemberView): string => member.name || member.email || member.userId;

define("causerie-members", Members);
