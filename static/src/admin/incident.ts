// One incident, opened: what is behind it, who was told, who looks after it, and what can be done.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { usd } from "../core/money.js";
import { said } from "../core/said.js";
import type { AlertDeliveries, AlertView, NewPause } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { utcDate } from "./moments.js";
import { People } from "./people.js";
import { behind, creatorsOf } from "./scope.js";

const BEFORE_MS = 20 * 60_000;
const AFTER_MS = 40 * 60_000;

/** The monitor, with the window and the filter in which the incident can be seen. */
export function inspectPath({ since, scopeKind, scopeKey }: Pick<AlertView, "since" | "scopeKind" | "scopeKey">): string {
  const began = Math.floor(Date.parse(since) / 60_000) * 60_000;
  const query = new URLSearchParams({ from: new Date(began - BEFORE_MS).toISOString(), to: new Date(began + AFTER_MS).toISOString() });
  if (scopeKind !== "system") query.set(scopeKind === "creator" ? "creatorId" : scopeKind, scopeKey);
  return `/admin/costs?${query}`;
}

export class Incident extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    css`
      :host {
        padding-block: 6px 16px;
      }
      dl {
        display: grid;
        grid-template-columns: fit-content(40%) minmax(0, 1fr);
        gap: 6px 24px;
        margin-block-start: 12px;
        font-size: 14px;
      }
      dt {
        color: var(--muted);
      }
      dd {
        overflow-wrap: anywhere;
      }
      .deeds {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-block-start: 16px;
      }
    `,
  ];

  @property({ attribute: false }) alert!: AlertView;
  @state() private busy = false;
  private readonly people = new People(this, () => this.client.api);
  private readonly told = new Loader<AlertDeliveries>(this, () =>
    this.client.api.get<AlertDeliveries>(`/api/admin/alerts/${this.alert.id}/deliveries`),
  );

  override firstUpdated(): void {
    void this.people.learn([...creatorsOf(this.alert.evidence), this.alert.acknowledgedBy]);
  }

  override render(): TemplateResult {
    const { alert } = this;
    const call = behind(alert.evidence);
    const at = (moment: string): string => t("incidents.utc", { at: utcDate(moment, locale()) });
    const facts: [string, unknown][] = [
      [t("incidents.observed"), alert.observed],
      [t("incidents.usual"), alert.usual],
      [t("incidents.since"), at(alert.since)],
      [t("incidents.closed"), alert.closedAt && at(alert.closedAt)],
      [t("incidents.dearest"), call && `${usd(call.costUsd, locale())}, ${[call.model, this.people.of(call.creator), call.feature].filter(Boolean).join(", ")}`],
      [t("incidents.seen"), alert.acknowledgedAt && t("incidents.seenBy", { name: this.people.of(alert.acknowledgedBy ?? ""), at: utcDate(alert.acknowledgedAt, locale()) })],
      [t("incidents.issue"), alert.issueUrl && html`<a href=${alert.issueUrl} target="_blank" rel="noopener noreferrer">${t("incidents.inLinear")}</a>`],
      [t("incidents.held"), alert.paused ? t("incidents.paused") : ""],
    ];
    return html`<p dir="auto">${this.people.in(alert.explanation)}</p>
      <dl>${facts.map(([name, value]) => (value ? html`<dt>${name}</dt><dd dir="auto">${value}</dd>` : nothing))}
        <dt>${t("incidents.told")}</dt><dd>${this.told.render((found) => this.tellings(found))}</dd></dl>
      <div class="deeds">
        <a class="button small" href=${inspectPath(alert)}>${t("incidents.inspect")}</a>
        ${alert.state === "open"
          ? html`<button class="button small" type="button" ?disabled=${this.busy || alert.acknowledgedAt !== null} @click=${this.acknowledge}>
                ${t(alert.acknowledgedAt ? "incidents.acknowledged" : "incidents.acknowledge")}</button>
              ${alert.paused || alert.scopeKind === "system" ? nothing : html`<button class="button small" type="button" ?disabled=${this.busy} @click=${this.pause}>${t("incidents.pause")}</button>`}`
          : nothing}
      </div>`;
  }

  private tellings({ told, sent }: AlertDeliveries): TemplateResult {
    if (!told.length) return html`${t("incidents.nobodyTold")}`;
    return html`<ul>
      ${told.map(({ event, admins, at }) => html`<li>${t(`incidents.event.${event.slice(6) as "opened" | "updated" | "closed"}`, { at: utcDate(at, locale()), count: admins })}</li>`)}
      ${sent.map(({ host, state, attempts }) => html`<li>${t("incidents.webhook", { host })}: ${t(`incidents.sent.${state as "waiting"}`, { count: attempts })}</li>`)}
    </ul>`;
  }

  private readonly acknowledge = (): Promise<void> =>
    this.act(() => this.client.api.post(`/api/admin/alerts/${this.alert.id}/acknowledge`), t("incidents.nowYours"));

  private readonly pause = (): Promise<void> => {
    const { scopeKind, scopeKey, id } = this.alert;
    const body: NewPause = { scope: scopeKind, key: scopeKey, reason: t("incidents.reason"), alertId: id };
    return this.act(() => this.client.api.post("/api/admin/pauses", body), t("incidents.nowPaused"));
  };

  private async act(deed: () => Promise<unknown>, words: string): Promise<void> {
    this.busy = true;
    try {
      await deed();
      this.tell("toast", { text: words });
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
    this.busy = false;
    this.tell("changed");
    void this.told.load();
  }
}

define("causerie-incident", Incident);
