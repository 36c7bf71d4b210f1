// Who one is here: a name that can be changed, an address, and the id that support asks for.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import { copy } from "../core/clipboard.js";
import { t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { Me } from "../core/wire.gen.js";
import { DraftForm } from "../ui/draft-form.js";
import { base, buttons, define } from "../ui/element.js";
import { forms } from "../ui/form.js";
import { icon } from "../ui/icon.js";
import { sections } from "../ui/page.js";

export class Profile extends DraftForm<{ name: string }> {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      dl {
        display: grid;
        grid-template-columns: max-content minmax(0, 1fr);
        gap: 8px 24px;
        align-items: center;
        margin-block-start: 16px;
      }
      dt {
        color: var(--muted);
        font-size: 14px;
      }
      dd {
        display: flex;
        align-items: center;
        gap: 4px;
        min-inline-size: 0;
        min-block-size: 28px;
        overflow-wrap: anywhere;
      }
      dd code {
        color: inherit;
      }
      .line {
        align-items: start;
      }
      @media (min-width: 721px) {
        .line .button {
          margin-block-start: 27px;
        }
      }
      @media (max-width: 480px) {
        dl {
          grid-template-columns: minmax(0, 1fr);
          gap: 0;
        }
        dd {
          margin-block-end: 8px;
        }
      }
    `,
  ];

  private readonly user = new StoreController(this, (value: Me | null | undefined) => value);
  @state() private of = "";

  override willUpdate(): void {
    const user = this.user.follow(this.client.user);
    if (!user || user.id === this.of) return;
    this.of = user.id;
    this.begin({ name: user.name });
  }

  override render(): TemplateResult | typeof nothing {
    const user = this.client.user.value;
    if (!user) return nothing;
    return html`<section aria-labelledby="heading">
      <h2 id="heading">${t("profile.title")}</h2>
      ${user.externalId ? html`<p class="muted">${t("profile.elsewhere")}</p>` : this.form(user)}
      ${this.complaint()}
      <dl>
        ${user.externalId && user.name ? html`<dt>${t("profile.name")}</dt><dd dir="auto">${user.name}</dd>` : nothing}
        ${user.email ? html`<dt>${t("signIn.email")}</dt><dd>${user.email}</dd>` : nothing}
        <dt>${t("profile.id")}</dt>
        <dd><code>${user.id}</code>
          <button class="quiet" type="button" aria-label=${t("profile.copy")} title=${t("profile.copy")} @click=${this.copy}>${icon("copy", 16)}</button></dd>
      </dl>
    </section>`;
  }

  private form(user: Me): TemplateResult {
    return html`<form novalidate @submit=${this.submit} @input=${this.typed}>
      <div class="line">${keyed(
        this.round,
        html`<causerie-field name="name" maxlength="100" autocomplete="name" label=${t("profile.name")} hint=${t("profile.nameHint")}
          .initial=${user.name} .problem=${this.faults["name"] ?? ""}></causerie-field>`,
      )}
        <button class="button" type="submit" ?disabled=${this.busy || !this.dirty}>${t("profile.save")}</button>
      </div>
    </form>`;
  }

  private async copy(): Promise<void> {
    await copy(this.of);
    this.tell("toast", { text: t("copied") });
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (!this.filled()) return;
    const saved = await this.attempt(async () => {
      const user = await this.client.api.patch<Me>("/api/auth/me", { name: this.draft.name });
      this.settle({ name: user.name });
      this.client.user.set(user);
    });
    if (saved) this.tell("toast", { text: t("profile.saved") });
  }
}

define("causerie-profile", Profile);
