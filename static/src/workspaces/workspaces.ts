// The workspaces that one is in, and a new one.
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { t } from "../core/i18n.js";
import type { WorkspacePage, WorkspaceView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { ListLoader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";

export class Workspaces extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    pages,
    css`
      .row a {
        font-weight: 500;
        color: inherit;
      }
      form .problem {
        margin-block-start: 12px;
      }
    `,
  ];

  private readonly list = new ListLoader<WorkspaceView>(this, (cursor) =>
    this.client.api.get<WorkspacePage>(`/api/workspaces${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`),
  );

  override render(): TemplateResult {
    return html`
      <h1>${t("page.workspaces")}</h1>
      <p class="muted lead">${t("workspaces.text")}</p>
      <form novalidate @submit=${this.create}>
        <div class="line">
          <causerie-field name="name" maxlength="100" label=${t("workspaces.name")} .problem=${this.faults["name"] ?? ""}></causerie-field>
          <button class="button primary" type="submit" ?disabled=${this.busy}>${t("workspaces.create")}</button>
        </div>
        ${this.complaint()}
      </form>
      ${this.list.render(
        ({ items }) => html`<ul class="rows">${repeat(items, ({ id }) => id, (workspace) => this.row(workspace))}</ul>${this.list.rest()}`,
      )}
    `;
  }

  private row(workspace: WorkspaceView): TemplateResult {
    const facts = workspace.personal
      ? [t("workspaces.personal")]
      : [
          t("workspaces.members", { count: workspace.members }),
          workspace.pays ? t("workspaces.pays") : "",
        ];
    return html`<li class="row">
      <div class="what">
        ${workspace.personal
          ? html`<span dir="auto">${workspace.name}</span>`
          : html`<a href=${`/workspaces/${workspace.id}`} dir="auto">${workspace.name}</a>`}
        ${workspace.role === "owner" && !workspace.personal ? html` <span class="tag good">${t("workspaces.owner")}</span>` : nothing}
        <small>${facts.filter(Boolean).join(" · ")}</small>
      </div>
    </li>`;
  }

  private async create(event: Event): Promise<void> {
    event.preventDefault();
    const name = this.filled()?.["name"]?.trim();
    if (!name) return;
    let made: WorkspaceView | undefined;
    await this.attempt(async () => {
      made = await this.client.api.post<WorkspaceView>("/api/workspaces", { name });
    });
    if (made) this.tell("navigate", { path: `/workspaces/${made.id}` });
  }
}

define("causerie-workspaces", Workspaces);
