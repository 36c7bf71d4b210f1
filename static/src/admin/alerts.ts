// Open incidents beside the curve: what rose against what is usual, since when, by what, and what to
// do about it. A pause is one click, and so is its undo.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { locale, t } from "../core/i18n.js";
import { usd } from "../core/money.js";
import type { FeedAlert, FeedSplit } from "../core/resources.js";
import { said } from "../core/said.js";
import { utcClock, utcDay } from "../core/time.js";
import type { NewPause, PausePage, PauseView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { filterOf, windowAround } from "./monitor.js";
import { People } from "./people.js";
import { behind, creatorsOf, type Behind } from "./scope.js";

/** Pauses that are in force, beyond which nobody looks one by one. */
const PAUSES_MAX = 200;

/** A timer that is asked for more than some weeks goes off at once. */
const DAY_MS = 86_400_000;

export class CostAlerts extends ClientElement {
  static override styles = [
    base,
    buttons,
    css`
      h2 {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 12px;
        min-block-size: 48px;
        font-size: 13px;
        font-weight: 600;
      }
      h2 span,
      .none {
        color: var(--muted);
        font-size: 13px;
        font-weight: 400;
      }
      .none {
        padding-block-end: 12px;
      }
      /* Over the whole page it must not push the curve out of sight. */
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr));
        column-gap: 24px;
      }
      li {
        padding-block: 10px 12px;
        border-block-start: 1px solid var(--line);
        font-size: 13px;
        overflow-wrap: anywhere;
      }
      .head {
        display: flex;
        align-items: center;
        gap: 6px;
      }
      .head svg {
        flex: none;
      }
      .severity {
        flex: none;
        font-weight: 600;
      }
      .watch :is(.severity, svg) {
        color: var(--warn);
      }
      .high :is(.severity, svg) {
        color: var(--bad);
      }
      .scope {
        font-weight: 500;
      }
      button.scope {
        min-block-size: 24px;
        padding: 0;
        border: 0;
        background: none;
        text-align: start;
      }
      button.scope:hover {
        text-decoration: underline;
      }
      .facts {
        margin-block: 4px;
        font-variant-numeric: tabular-nums;
      }
      .facts strong {
        font-weight: 600;
      }
      .deeds {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin-block-start: 8px;
      }
      .state {
        margin-block-start: 6px;
        color: var(--muted);
      }
    `,
  ];

  @property({ attribute: false }) alerts: readonly FeedAlert[] = [];
  @state() private pauses: readonly PauseView[] = [];
  @state() private details: ReadonlyMap<string, Behind | undefined> = new Map();
  @state() private busy = false;
  /** What was asked of incidents, by id: the figures behind them change with their words. */
  private asked: ReadonlyMap<string, string> = new Map();
  private pausedBefore = "none";
  private end?: ReturnType<typeof setTimeout>;
  private readonly heard = new Set<string>();
  /** Creators by id: incidents are about people who are not in sight otherwise. */
  private readonly people = new People(this, () => this.client.api);

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.end);
  }

  override updated(changed: PropertyValues): void {
    if (!changed.has("alerts")) return;
    // What is paused, and by which incident, is read again whenever an incident says that it changed.
    const paused = this.alerts.map(({ id, paused }) => `${id}${paused}`).join();
    if (paused !== this.pausedBefore) {
      this.pausedBefore = paused;
      void this.readPauses();
    }
    const before = this.asked;
    this.asked = new Map(this.alerts.map(({ id, explanation }) => [id, explanation]));
    for (const alert of this.alerts) if (before.get(alert.id) !== alert.explanation) void this.readDetail(alert);
  }

  private announce(alert: FeedAlert): void {
    if (alert.severity !== "high" || this.heard.has(alert.id)) return;
    this.heard.add(alert.id);
    this.client.announcer.say(`${t("alerts.high")}: ${this.words(alert.explanation)}`, "assertive");
  }

  private async readPauses(): Promise<void> {
    try {
      const page = await this.client.api.get<PausePage>(`/api/admin/pauses?limit=${PAUSES_MAX}`);
      this.pauses = page.items.filter(({ active }) => active);
    } catch {
      return; // The feed says what is paused; only lifting it waits for the next time.
    }
    void this.people.learn(this.pauses.map(({ scope, key }) => (scope === "creator" ? key : null)));
    // Nobody says when one ends that no incident is about.
    const ends = this.pauses.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)]));
    clearTimeout(this.end);
    if (ends.length && this.isConnected)
      this.end = setTimeout(() => void this.readPauses(), Math.min(Math.max(Math.min(...ends) - Date.now(), 0) + 1_000, DAY_MS));
  }

  private async readDetail(alert: FeedAlert): Promise<void> {
    const detail = await this.client.api.get<{ evidence?: unknown }>(`/api/admin/alerts/${alert.id}`).catch(() => undefined);
    await this.people.learn([alert.scopeKind === "creator" ? alert.scopeKey : null, ...creatorsOf(detail?.evidence)]);
    this.details = new Map(this.details).set(alert.id, behind(detail?.evidence));
    this.announce(alert);
  }

  private words(text: string): string {
    return this.people.in(text);
  }

  override render(): TemplateResult {
    const others = this.pauses.filter((pause) => !this.alerts.some((alert) => isOf(pause, alert)));
    return html`<h2>${t("costs.alerts")}<span>${this.alerts.length ? t("alerts.open", { count: this.alerts.length }) : nothing}</span></h2>
      ${this.alerts.length || others.length
        ? html`<ul>
            ${repeat(this.alerts, ({ id }) => id, (alert) => this.alert(alert))}
            ${repeat(others, ({ id }) => id, (pause) => this.paused(pause))}
          </ul>`
        : html`<p class="none">${t("alerts.none")}</p>`}`;
  }

  private alert(alert: FeedAlert): TemplateResult {
    const scope = this.words(alert.scope === "system" ? t("alerts.system") : alert.scope);
    const pause = this.pauses.find((one) => isOf(one, alert));
    const dearest = this.details.get(alert.id);
    return html`<li class=${alert.severity}>
      <div class="head">
        ${icon(alert.severity === "high" ? "alert" : "info", 16)}
        <span class="severity">${t(`alerts.${alert.severity}`)}</span>
        ${alert.scopeKind === "system"
          ? html`<span class="scope">${scope}</span>`
          : html`<button class="scope" type="button" dir="auto" title=${t("costs.filter", { name: scope })}
              @click=${() => this.tell("filter", { name: filterOf(alert.scopeKind as FeedSplit), value: alert.scopeKey })}>${scope}</button>`}
      </div>
      <p class="facts">
        <strong>${alert.observed}</strong> · ${t("alerts.usual", { usual: alert.usual })} ·
        <time datetime=${alert.since}>${t("alerts.since", { at: when(alert.since) })}</time>
      </p>
      <p dir="auto">${this.words(alert.explanation)}</p>
      ${dearest
        ? html`<p class="state">${t("alerts.behind", {
            usd: usd(dearest.costUsd, locale()),
            what: [dearest.model, this.words(dearest.creator), dearest.feature].filter(Boolean).join(", "),
          })}</p>`
        : nothing}
      ${alert.paused ? html`<p class="state">${t("alerts.paused")}</p>` : nothing}
      <div class="deeds">
        <button class="button small" type="button" @click=${() => this.tell("inspect", windowAround(alert.since))}>${t("alerts.inspect")}</button>
        <button class="button small" type="button" ?disabled=${alert.acknowledged || this.busy} @click=${() => void this.acknowledge(alert)}>
          ${alert.acknowledged ? t("alerts.acknowledged") : t("alerts.acknowledge")}
        </button>
        ${alert.paused || pause
          ? html`<button class="button small" type="button" ?disabled=${!pause || this.busy} @click=${() => pause && void this.lift(pause)}>${t("alerts.resume")}</button>`
          : html`<button class="button small" type="button" ?disabled=${this.busy} title=${t("alerts.pauseText", { scope })}
              @click=${() => void this.pause(alert, scope)}>${t("alerts.pause")}</button>`}
      </div>
    </li>`;
  }

  /** Something that is held back though no incident about it is open any more. */
  private paused(pause: PauseView): TemplateResult {
    const scope = this.words(pause.key ? `${pause.scope} ${pause.key}` : t("alerts.system"));
    return html`<li>
      <div class="head">${icon("stop", 14)}<span class="scope" dir="auto">${scope}</span></div>
      <p class="state">${t("alerts.pausedSince", { at: when(pause.createdAt) })}</p>
      <div class="deeds">
        <button class="button small" type="button" ?disabled=${this.busy} @click=${() => void this.lift(pause)}>${t("alerts.resume")}</button>
      </div>
    </li>`;
  }

  private acknowledge(alert: FeedAlert): Promise<void> {
    return this.act(async () => {
      await this.client.api.post(`/api/admin/alerts/${alert.id}/acknowledge`);
      this.tell("alert", { ...alert, acknowledged: true });
    });
  }

  private pause(alert: FeedAlert, words: string): Promise<void> {
    return this.act(async () => {
      const body: NewPause = { scope: alert.scopeKind, key: alert.scopeKey, reason: t("alerts.reason"), alertId: alert.id };
      const pause = await this.client.api.post<PauseView>("/api/admin/pauses", body);
      this.pauses = [...this.pauses, pause];
      this.tell("alert", { ...alert, paused: true });
      this.tell("toast", {
        text: t("alerts.pausedNow", { scope: words }),
        action: { label: t("alerts.undo"), run: () => void this.lift(pause) },
      });
    });
  }

  private lift(pause: PauseView): Promise<void> {
    return this.act(async () => {
      await this.client.api.delete(`/api/admin/pauses/${pause.id}`);
      this.pauses = this.pauses.filter(({ id }) => id !== pause.id);
      for (const alert of this.alerts) {
        if (isOf(pause, alert)) this.tell("alert", { ...alert, paused: false });
      }
      this.tell("toast", { text: t("alerts.resumed") });
    });
  }

  private async act(deed: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await deed();
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
      await this.readPauses();
    } finally {
      this.busy = false;
    }
  }
}

function isOf(pause: PauseView, alert: FeedAlert): boolean {
  return pause.scope === alert.scopeKind && pause.key === alert.scopeKey;
}

/** `14:02` today, `3 Dec, 14:02` before, in UTC. */
function when(at: string): string {
  const clock = utcClock(at, locale()).slice(0, 5);
  return at.slice(0, 10) === new Date().toISOString().slice(0, 10) ? clock : `${utcDay(at, locale())}, ${clock}`;
}

define("causerie-cost-alerts", CostAlerts);
