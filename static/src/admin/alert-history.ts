// Alerts for admins: incidents of now and then, what is paused, and by which rules incidents open.
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { pages, sections } from "../ui/page.js";
import "../ui/segmented.js";
import "./incidents.js";
import "./pauses.js";
import "./rules.js";

const VIEWS = ["incidents", "pauses", "rules"] as const;
type View = (typeof VIEWS)[number];

export class AlertHistory extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      causerie-segmented {
        margin-block: 16px 8px;
      }
      .view {
        margin-block-start: 16px;
      }
    `,
  ];

  /** What the address asks for. */
  @property() query = "";

  override render(): TemplateResult {
    const asked = new URLSearchParams(this.query);
    const view = VIEWS.find((one) => one === asked.get("view")) ?? "incidents";
    return html`<h1>${t("page.alerts")}</h1>
      <p class="muted lead">${t("incidents.text")}</p>
      <causerie-segmented label=${t("incidents.view")} .value=${view}
        .options=${VIEWS.map((id) => ({ id, label: t(`incidents.view.${id}`) }))}
        @causerie-change=${(event: CustomEvent<View>) => this.tell("navigate", { path: `/admin/alerts${event.detail === "incidents" ? "" : `?view=${event.detail}`}` })}></causerie-segmented>
      <div class="view">${view === "pauses"
        ? html`<causerie-pauses></causerie-pauses>`
        : view === "rules"
          ? html`<causerie-rules></causerie-rules>`
          : html`<causerie-incidents .wanted=${asked.get("id") ?? ""}></causerie-incidents>`}</div>`;
  }
}

define("causerie-alert-history", AlertHistory);
