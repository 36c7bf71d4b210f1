// Making an API key: a name is enough; what it may do, how long and where can be narrowed.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { CreateKey, KeyCreated, WorkspaceView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";
import { explain, scopesFor, type Scope } from "./scopes.js";

const DAY_MS = 86_400_000;
const LIVES = [7, 30, 90, 365] as const;
/** What most programs need: to talk and to read the answers. */
const USUAL: readonly Scope[] = ["read", "turns"];

export class KeyForm extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      summary {
        inline-size: fit-content;
        padding-block: 4px;
        color: var(--accent);
        font-size: 14px;
        cursor: pointer;
      }
      details {
        margin-block-start: 12px;
      }
      .narrow {
        display: grid;
        gap: 20px;
        padding-block: 8px 4px;
      }
      .scopes {
        padding-inline-start: 28px;
      }
      .problem {
        margin-block-start: 16px;
      }
      .check code {
        font-size: 14px;
        font-weight: 500;
        color: inherit;
      }
      @media (pointer: coarse) {
        summary {
          padding-block: 10px;
        }
      }
    `,
  ];

  /** Shared workspaces that a key can be bound to. */
  @property({ attribute: false }) workspaces: readonly WorkspaceView[] = [];
  @property({ type: Boolean }) admin = false;
  @state() private narrowed = false;
  @state() private scopes: ReadonlySet<Scope> = new Set(USUAL);

  override render(): TemplateResult {
    return html`<form novalidate @submit=${this.submit}>
      <div class="line">
        <causerie-field name="name" label=${t("keys.name")} maxlength="100" .problem=${this.faults["name"] ?? ""}></causerie-field>
        <button class="button primary" type="submit" ?disabled=${this.busy}>${t("keys.create")}</button>
      </div>
      ${this.complaint()}
      <details>
        <summary>${t("keys.narrow")}</summary>
        <div class="narrow">
          <fieldset>
            <legend>${t("keys.may")}</legend>
            ${this.choice(false, t("keys.everything"), t("keys.everythingText"))}
            ${this.choice(true, t("keys.only"), t("keys.onlyText"))}
            ${this.narrowed ? html`<div class="scopes"><fieldset aria-label=${t("keys.only")}>
              ${scopesFor(this.admin).map((scope) => this.scope(scope))}</fieldset></div>` : nothing}
          </fieldset>
          <div class="line">
            <causerie-select name="life" label=${t("keys.expires")} .choices=${[
              { id: "", label: t("keys.never") },
              ...LIVES.map((days) => ({ id: String(days), label: t("keys.days", { count: days }) })),
            ]}></causerie-select>
            ${this.workspaces.length
              ? html`<causerie-select name="workspace" label=${t("keys.workspace")} .choices=${[
                  { id: "", label: t("keys.own") },
                  ...this.workspaces.map(({ id, name }) => ({ id, label: name })),
                ]}></causerie-select>`
              : nothing}
            ${this.admin && this.narrowed && this.scopes.has("tickets:write")
              ? html`<causerie-field name="issuer" optional maxlength="300" label=${t("keys.issuer")} hint=${t("keys.issuerHint")}
                  .problem=${this.faults["issuer"] ?? ""}></causerie-field>`
              : nothing}
          </div>
        </div>
      </details>
    </form>`;
  }

  private choice(narrowed: boolean, label: string, text: string): TemplateResult {
    return html`<label class="check"><input type="radio" name="may" .checked=${this.narrowed === narrowed}
        @change=${() => (this.narrowed = narrowed)} /><span>${label}<small>${text}</small></span></label>`;
  }

  private scope(scope: Scope): TemplateResult {
    return html`<label class="check"><input type="checkbox" .checked=${this.scopes.has(scope)}
        @change=${(event: Event) => this.pick(scope, (event.target as HTMLInputElement).checked)} />
      <span><code>${scope}</code><small>${explain(scope)}</small></span></label>`;
  }

  private pick(scope: Scope, wanted: boolean): void {
    const scopes = new Set(this.scopes);
    if (wanted) scopes.add(scope);
    else scopes.delete(scope);
    this.scopes = scopes;
  }

  private chosen(name: string): string {
    return this.renderRoot.querySelector<HTMLElementTagNameMap["causerie-select"]>(`causerie-select[name=${name}]`)?.value ?? "";
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    if (this.narrowed && !this.scopes.size) {
      this.problem = t("keys.nothing");
      return;
    }
    const days = this.chosen("life");
    const workspaceId = this.chosen("workspace");
    const issuer = values["issuer"]?.trim();
    const body: CreateKey = {
      name: values["name"]?.trim() ?? "",
      ...(this.narrowed ? { scopes: [...this.scopes] } : {}),
      ...(days ? { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() } : {}),
      ...(workspaceId ? { workspaceId } : {}),
      ...(issuer ? { issuer } : {}),
    };
    let made: KeyCreated | undefined;
    await this.attempt(async () => {
      made = await this.client.api.post<KeyCreated>("/api/api-keys", body);
    });
    if (!made) return;
    for (const field of this.fields) field.value = "";
    this.tell("made", made.key);
  }
}

define("causerie-key-form", KeyForm);
