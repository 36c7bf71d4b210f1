// What a workspace is called, who pays for its turns, and how many it may start an hour.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { credits, isZero } from "../core/money.js";
import { said } from "../core/said.js";
import type { CreditsView, WorkspaceView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { sections } from "../ui/page.js";

export class Terms extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      .pays {
        max-inline-size: var(--measure);
        margin-block-start: 16px;
      }
      .balance {
        margin-block-start: 12px;
      }
      .balance strong {
        font-weight: 600;
        font-variant-numeric: tabular-nums;
      }
      form {
        margin-block-start: 8px;
      }
      form .problem {
        margin-block-start: 12px;
      }
      .line {
        align-items: start;
      }
      @media (min-width: 721px) {
        .line .button {
          margin-block-start: 27px;
        }
      }
    `,
  ];

  @property({ attribute: false }) workspace!: WorkspaceView;
  @property({ attribute: false }) balance!: CreditsView;
  @state() private switching = false;

  override render(): TemplateResult {
    const { pays, role } = this.workspace;
    const { spendable, held } = this.balance;
    const owner = role === "owner";
    return html`<section aria-labelledby="heading">
      <h2 id="heading">${t("terms.title")}</h2>
      ${owner
        ? html`<label class="check pays"><input type="checkbox" role="switch" .checked=${pays} ?disabled=${this.switching}
            @change=${this.switch} /><span>${t("terms.pays")}<small>${t("terms.paysText")}</small></span></label>`
        : html`<p class="pays">${t(pays ? "terms.itPays" : "terms.youPay")}</p>`}
      <p class="balance">${t("terms.balance")} <strong>${credits(spendable, locale())}</strong>
        ${isZero(held) ? nothing : html`<small>${t("quota.held", { held: credits(held, locale()) })}</small>`}</p>
      ${pays && isZero(spendable) ? html`<p class="muted">${t("terms.empty")}</p>` : nothing}
      ${owner ? this.form() : this.limit()}
    </section>`;
  }

  private limit(): TemplateResult | typeof nothing {
    const { requestsPerHour } = this.workspace;
    return requestsPerHour === null ? nothing : html`<p class="balance">${t("terms.limited", { count: requestsPerHour })}</p>`;
  }

  private form(): TemplateResult {
    const { name, requestsPerHour } = this.workspace;
    return html`<form novalidate @submit=${this.save}>
      <div class="line">
        <causerie-field name="name" maxlength="100" label=${t("workspaces.name")} .initial=${name}
          .problem=${this.faults["name"] ?? ""}></causerie-field>
        <causerie-field name="requestsPerHour" optional maxlength="6" inputmode="numeric" label=${t("terms.perHour")} hint=${t("terms.perHourHint")}
          .initial=${requestsPerHour === null ? "" : String(requestsPerHour)} .problem=${this.faults["requestsPerHour"] ?? ""}></causerie-field>
        <button class="button" type="submit" ?disabled=${this.busy}>${t("terms.save")}</button>
      </div>
      ${this.complaint()}
    </form>`;
  }

  private get path(): string {
    return `/api/workspaces/${this.workspace.id}`;
  }

  private async switch(event: Event): Promise<void> {
    const box = event.target as HTMLInputElement;
    this.switching = true;
    try {
      await this.client.api.patch(this.path, { pays: box.checked });
      this.tell("toast", { text: t(box.checked ? "terms.itPays" : "terms.youPay") });
    } catch (error) {
      box.checked = this.workspace.pays;
      this.tell("toast", { text: said(error), bad: true });
    }
    this.switching = false;
    this.tell("changed");
  }

  private async save(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    if (!values) return;
    const perHour = values["requestsPerHour"]?.trim() ?? "";
    if (!/^\d*$/.test(perHour)) {
      this.faults = { requestsPerHour: t("terms.number") };
      return;
    }
    const body = { name: values["name"]?.trim(), requestsPerHour: perHour ? Number(perHour) : null };
    if (!(await this.attempt(() => this.client.api.patch(this.path, body)))) return;
    this.tell("toast", { text: t("terms.saved") });
    this.tell("changed");
  }
}

define("causerie-terms", Terms);
