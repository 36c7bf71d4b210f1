// One's own account: name, plan, password, devices, data, and the way out.
import { css, html, type TemplateResult } from "lit";

import { t } from "../core/i18n.js";
import type { Page } from "../core/resources.js";
import type { ExportView, Options, QuotaView, SessionView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";
import "./export.js";
import "./leave.js";
import "./password.js";
import "./plan.js";
import "./profile.js";
import "./sessions.js";
import "./settings-nav.js";

interface Found {
  sessions: readonly SessionView[];
  newest: ExportView | undefined;
  options: Options;
  quota: QuotaView;
}

export class Settings extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      causerie-settings-nav {
        display: none;
        margin-block-start: 24px;
      }
      @media (max-width: 900px) {
        causerie-settings-nav {
          display: block;
        }
      }
    `,
  ];

  private readonly found = new Loader<Found>(this, () => this.read());

  private async read(): Promise<Found> {
    const [sessions, exports, options, quota] = await Promise.all([
      this.client.api.get<Page<SessionView>>("/api/auth/sessions?limit=200"),
      this.client.api.get<Page<ExportView>>("/api/exports?limit=1"),
      this.client.api.get<Options>("/api/auth/options"),
      this.client.api.get<QuotaView>("/api/ai/quota"),
    ]);
    return { sessions: sessions.items, newest: exports.items[0], options, quota };
  }

  override render(): TemplateResult {
    const user = this.client.user.value;
    const again = (): Promise<void> => this.found.load();
    return html`
      <h1>${t("settings.title")}</h1>
      <p class="muted lead">${t("settings.text", { name: user?.email ?? user?.name ?? "" })}</p>
      <causerie-settings-nav list></causerie-settings-nav>
      <causerie-profile class="part"></causerie-profile>
      ${this.found.render(
        ({ sessions, newest, options, quota }) => html`
          <causerie-plan class="part" .quota=${quota}></causerie-plan>
          <causerie-sessions class="part" .items=${sessions} @causerie-changed=${again}></causerie-sessions>
          <causerie-password class="part" ?mail=${options.mail} @causerie-changed=${again}></causerie-password>
          <causerie-export class="part" .newest=${newest}></causerie-export>
          <causerie-leave class="part"></causerie-leave>
        `,
      )}
    `;
  }
}

define("causerie-settings", Settings);
