// API keys: made, shown once, revoked.
import { css, html, nothing, type TemplateResult } from "lit";
import { query, state } from "lit/decorators.js";

import { Problem } from "../core/api.js";
import { locale, t } from "../core/i18n.js";
import { reason } from "../core/reasons.js";
import type { ApiKey, Page } from "../core/resources.js";
import { full } from "../core/time.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import "../ui/field.js";

export class Keys extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        max-inline-size: 860px;
        margin-inline: auto;
        padding: 32px 24px 48px;
      }
      h1 {
        margin-block-end: 8px;
        font-size: 22px;
        font-weight: 600;
        letter-spacing: -0.01em;
      }
      form {
        display: flex;
        align-items: end;
        gap: 12px;
        margin-block: 24px;
      }
      form causerie-field {
        flex: 0 1 320px;
      }
      form .button {
        block-size: 40px;
      }
      .fresh {
        display: grid;
        gap: 8px;
        margin-block-end: 24px;
        padding: 16px;
        border: 1px solid var(--accent);
        border-radius: var(--radius);
        background: var(--accent-soft);
      }
      .secret {
        display: flex;
        gap: 8px;
        align-items: center;
      }
      code {
        flex: 1;
        min-inline-size: 0;
        font: 14px var(--mono);
        overflow-wrap: anywhere;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        inline-size: 100%;
        border-collapse: collapse;
      }
      th,
      td {
        padding: 10px 16px 10px 0;
        border-block-end: 1px solid var(--line);
        text-align: start;
        white-space: nowrap;
      }
      th {
        font-size: 13px;
        font-weight: 500;
        color: var(--muted);
      }
      td.name {
        font-weight: 500;
        white-space: normal;
        overflow-wrap: anywhere;
      }
      td:last-child,
      th:last-child {
        padding-inline-end: 0;
        text-align: end;
      }
      .prefix {
        font: 13px var(--mono);
      }
      @media (max-width: 720px) {
        :host {
          padding-inline: 16px;
        }
        .wide {
          display: none;
        }
      }
    `,
  ];

  @state() private items: readonly ApiKey[] | undefined;
  @state() private failed = false;
  @state() private fresh = "";
  @state() private problem = "";
  @state() private leaving: ApiKey | undefined;
  @query("causerie-dialog") private dialog!: Dialog;

  override firstUpdated(): void {
    void this.read();
  }

  private async read(): Promise<void> {
    try {
      this.items = (await this.client.api.get<Page<ApiKey>>("/api/api-keys?limit=200")).items;
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }

  override render(): TemplateResult {
    return html`
      <h1>${t("keys.title")}</h1>
      <p class="muted">${t("keys.text")}</p>
      <form @submit=${this.create}>
        <causerie-field name="name" label=${t("keys.name")} maxlength="100" .problem=${this.problem}></causerie-field>
        <button class="button primary" type="submit">${t("keys.create")}</button>
      </form>
      ${this.fresh
        ? html`<div class="fresh" role="status">
            <strong>${t("keys.created")}</strong>
            <div class="secret"><code>${this.fresh}</code>
              <button class="button small" type="button" @click=${this.copy}>${icon("copy", 14)}${t("keys.copy")}</button>
            </div>
            <span>${t("keys.once")}</span>
          </div>`
        : nothing}
      ${this.failed
        ? html`<p>${t("keys.failed")} <button class="button small" type="button" @click=${() => void this.read()}>${t("retry")}</button></p>`
        : this.items === undefined
          ? nothing
          : this.items.length
            ? this.table(this.items)
            : html`<p class="muted">${t("keys.empty")}</p>`}
      <causerie-dialog heading=${t("keys.confirm", { name: this.leaving?.name || t("keys.unnamed") })}
        @causerie-closed=${() => (this.leaving = undefined)}>
        <p class="muted">${t("keys.confirmText")}</p>
        <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button danger" type="button" @click=${this.revoke}>${t("keys.revoke")}</button>
      </causerie-dialog>
    `;
  }

  private table(items: readonly ApiKey[]): TemplateResult {
    return html`<div class="scroll"><table>
      <thead>
        <tr>
          <th scope="col">${t("keys.column.name")}</th>
          <th scope="col">${t("keys.column.prefix")}</th>
          <th scope="col" class="wide">${t("keys.column.created")}</th>
          <th scope="col" class="wide">${t("keys.column.used")}</th>
          <th scope="col"><span class="unseen">${t("keys.revoke")}</span></th>
        </tr>
      </thead>
      <tbody>
        ${items.map((key) => {
          const name = key.name || t("keys.unnamed");
          return html`<tr>
            <td class="name">${name}</td>
            <td class="prefix">${key.prefix}…</td>
            <td class="wide muted">${full(key.createdAt, locale())}</td>
            <td class="wide muted">${key.lastUsedAt ? full(key.lastUsedAt, locale()) : t("keys.never")}</td>
            <td><button class="button small" type="button" aria-label=${t("keys.revokeLabel", { name })}
              @click=${() => this.ask(key)}>${t("keys.revoke")}</button></td>
          </tr>`;
        })}
      </tbody>
    </table></div>`;
  }

  private async create(event: Event): Promise<void> {
    event.preventDefault();
    const field = this.renderRoot.querySelector("causerie-field");
    if (!field) return;
    const name = field.value.trim();
    this.problem = name ? "" : t("signIn.missing");
    if (!name) return;
    try {
      const made = await this.client.api.post<{ key: string }>("/api/api-keys", { name });
      this.fresh = made.key;
      field.value = "";
      await this.read();
    } catch (error) {
      this.problem = error instanceof Problem ? reason(error.code, error.message) : t("error.internal");
    }
  }

  private async copy(): Promise<void> {
    await navigator.clipboard.writeText(this.fresh);
    this.tell("toast", { text: t("copied") });
  }

  private ask(key: ApiKey): void {
    this.leaving = key;
    void this.dialog.show();
  }

  private async revoke(): Promise<void> {
    const key = this.leaving;
    this.dialog.close();
    if (!key) return;
    try {
      await this.client.api.delete(`/api/api-keys/${key.id}`);
      this.tell("toast", { text: t("keys.revoked") });
    } catch (error) {
      this.tell("toast", { text: error instanceof Problem ? reason(error.code, error.message) : t("error.internal"), bad: true });
    }
    await this.read();
  }
}

define("causerie-keys", Keys);
