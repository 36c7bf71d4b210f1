// One shared workspace: who is in it, who pays, and what its owners decide.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { credits, isZero } from "../core/money.js";
import { said } from "../core/said.js";
import type { CreditsView, InvitationPage, InvitationView, MemberPage, MemberView, Options, WorkspaceView } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";
import "./invitations.js";
import "./members.js";
import "./terms.js";

interface Found {
  workspace: WorkspaceView;
  balance: CreditsView;
  members: readonly MemberView[];
  invitations: readonly InvitationView[];
  mail: boolean;
}

export class Workspace extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      .back {
        display: inline-block;
        margin-block-end: 12px;
        font-size: 14px;
      }
      .part {
        display: block;
      }
      .forfeit {
        margin-block-start: 16px;
      }
      h1 .tag {
        vertical-align: 3px;
        letter-spacing: 0;
      }
    `,
  ];

  @property() workspaceId = "";
  @query("#leave") private leaving!: Dialog;
  @query("#delete") private deleting!: Dialog;
  private readonly found = new Loader<Found>(this, () => this.read());

  private get path(): string {
    return `/api/workspaces/${this.workspaceId}`;
  }

  private async read(): Promise<Found> {
    const [workspace, balance, members] = await Promise.all([
      this.client.api.get<WorkspaceView>(this.path),
      this.client.api.get<CreditsView>(`/api/credits?workspaceId=${this.workspaceId}&limit=1`),
      this.client.api.get<MemberPage>(`${this.path}/members?limit=200`),
    ]);
    const found = { workspace, balance, members: members.items };
    if (workspace.role !== "owner") return { ...found, invitations: [], mail: false };
    const [invitations, { mail }] = await Promise.all([
      this.client.api.get<InvitationPage>(`${this.path}/invitations?limit=200`),
      this.client.api.get<Options>("/api/auth/options"),
    ]);
    return { ...found, invitations: invitations.items, mail };
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.get("workspaceId")) void this.found.load();
  }

  override render(): TemplateResult {
    return html`<a class="back" href="/workspaces">${t("workspaces.all")}</a>${this.found.render((found) => this.page(found))}`;
  }

  private page({ workspace, balance, members, invitations, mail }: Found): TemplateResult {
    const owner = workspace.role === "owner";
    const again = (): Promise<void> => this.found.load();
    return html`
      <h1 dir="auto">${workspace.name}${owner ? html` <span class="tag good">${t("workspaces.owner")}</span>` : nothing}</h1>
      <causerie-members class="part" .workspace=${workspace} .items=${members} @causerie-changed=${again}></causerie-members>
      ${owner
        ? html`<causerie-invitations class="part" .workspace=${workspace} .items=${invitations} ?mail=${mail}
            @causerie-changed=${again}></causerie-invitations>`
        : nothing}
      <causerie-terms class="part" .workspace=${workspace} .balance=${balance} @causerie-changed=${again}></causerie-terms>
      <section>
        <h2>${t("workspaces.end")}</h2>
        <ul class="rows">
          <li class="row">
            <div class="what">${t("workspaces.leave")}<small>${t("workspaces.leaveText")}</small></div>
            <div class="deeds"><button class="button" type="button" @click=${() => this.leaving.show()}>${t("workspaces.leave")}</button></div>
          </li>
          ${owner
            ? html`<li class="row">
                <div class="what">${t("workspaces.delete")}<small>${t("workspaces.deleteText")}</small></div>
                <div class="deeds"><button class="button danger" type="button" @click=${() => this.deleting.show()}>${t("workspaces.delete")}</button></div>
              </li>`
            : nothing}
        </ul>
      </section>
      ${this.question("leave", t("workspaces.leaveConfirm", { name: workspace.name }), html`<p>${t("workspaces.leaveText")}</p>`,
        t("workspaces.leave"), () => this.end(this.leaving, `${this.path}/members/${this.client.user.value?.id}`, t("workspaces.left")))}
      ${this.question("delete", t("workspaces.deleteConfirm", { name: workspace.name }), html`<p>${t("workspaces.deleteText")}</p>
          ${isZero(balance.credits)
            ? nothing
            : html`<label class="check forfeit"><input type="checkbox" /><span>${t("workspaces.forfeit", {
                credits: credits(balance.credits, locale()),
              })}</span></label>`}`,
        t("workspaces.delete"), () => this.end(this.deleting, this.path + (this.forfeits ? "?forfeit=true" : ""), t("workspaces.deleted")))}
    `;
  }

  private get forfeits(): boolean {
    return !!this.deleting.querySelector<HTMLInputElement>(".forfeit input")?.checked;
  }

  private question(id: string, heading: string, text: TemplateResult, words: string, run: () => Promise<void>): TemplateResult {
    return html`<causerie-dialog id=${id} heading=${heading}>
      ${text}
      <button slot="deeds" class="button" type="button"
        @click=${(event: Event) => (event.currentTarget as HTMLElement).closest<Dialog>("causerie-dialog")?.close()}>${t("cancel")}</button>
      <button slot="deeds" class="button danger" type="button" @click=${run}>${words}</button>
    </causerie-dialog>`;
  }

  private async end(dialog: Dialog, path: string, words: string): Promise<void> {
    dialog.close();
    try {
      await this.client.api.delete(path);
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
      return;
    }
    this.tell("navigate", { path: "/workspaces", replace: true });
    this.tell("toast", { text: words });
  }
}

define("causerie-workspace", Workspace);
