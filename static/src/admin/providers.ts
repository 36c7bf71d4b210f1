// How the models do that can be asked, and which agents were asked for what.
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { pages, sections } from "../ui/page.js";
import "../ui/segmented.js";
import "./health.js";
import "./routing.js";

const VIEWS = ["health", "routing"] as const;
type View = (typeof VIEWS)[number];

export class Providers extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      causerie-segmented {
        margin-block: 16px 8px;
      }
    `,
  ];

  /** What the address asks for. */
  @property() query = "";

  override render(): TemplateResult {
    const view = new URLSearchParams(this.query).get("view") === "routing" ? "routing" : "health";
    return html`<h1>${t("page.providers")}</h1>
      <p class="muted lead">${t("providers.text")}</p>
      <causerie-segmented label=${t("providers.view")} .value=${view}
        .options=${VIEWS.map((id) => ({ id, label: t(`providers.${id}`) }))}
        @causerie-change=${(event: CustomEvent<View>) =>
          this.tell("navigate", { path: `/admin/providers${event.detail === "health" ? "" : `?view=${event.detail}`}` })}></causerie-segmented>
      ${view === "routing" ? html`<causerie-routing .query=${this.query}></causerie-routing>` : html`<causerie-health></causerie-health>`}`;
  }
}

define("causerie-providers", Providers);
