// One test of messages: how each fares and what that proves, who gets which, what fans did, its end.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { count, isZero, usd } from "../core/money.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { AssignFan, Assignment, EndExperiment, ExperimentView, ReportOutcome, VariantView } from "../core/wire.gen.js";
import "../ui/copy.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import "../ui/field.js";
import type { Field } from "../ui/field.js";
import "../ui/select.js";
import type { Select } from "../ui/select.js";
import { tables } from "../ui/table.js";
import { amount } from "./amounts.js";
import { finding, percent, proven } from "./confidence.js";
import { tools } from "./styles.js";

export class Experiment extends ClientElement {
  static override styles = [
    base,
    buttons,
    tools,
    tables,
    css`
      h3 {
        font-size: 15px;
        font-weight: 600;
      }
      .scroll {
        margin-block: 8px;
      }
      td:first-child {
        padding-inline-start: 0;
      }
      td.message {
        min-inline-size: 14rem;
        white-space: normal;
        overflow-wrap: anywhere;
      }
      td.says {
        min-inline-size: 11rem;
        white-space: normal;
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: end;
        gap: 12px;
      }
      .line > causerie-field,
      .line > causerie-select {
        flex: 0 1 220px;
        min-inline-size: 0;
      }
      .line .button {
        block-size: 40px;
      }
      .gets {
        display: flex;
        align-items: start;
        gap: 8px;
      }
      .problem {
        color: var(--bad);
      }
    `,
  ];

  @property({ attribute: false }) test!: ExperimentView;
  @state() private gets: Assignment | undefined;
  @state() private problem = "";
  @state() private busy = false;

  override render(): TemplateResult {
    const { test } = this;
    return html`<h3 dir="auto">${test.name}</h3>
      <p><small>${full(test.createdAt, locale())}</small> <span class="tag ${test.endedAt ? "" : "good"}">${t(test.endedAt ? "creator.ab.ended" : "creator.ab.runs")}</span></p>
      <p>${this.verdict()}</p>
      <div class="scroll" role="region" tabindex="0" aria-label=${t("creator.ab.figures", { name: test.name })}>
        <table>
          <thead><tr>
            <th scope="col">${t("creator.message")}</th><th scope="col" class="number">${t("creator.ab.reported")}</th><th scope="col" class="number">${t("creator.ab.bought")}</th>
            <th scope="col" class="number">${t("creator.ab.rate")}</th><th scope="col" class="number">${t("creator.ab.revenue")}</th><th scope="col">${t("creator.ab.says")}</th>
          </tr></thead>
          <tbody>${test.variants.map((one) => this.row(one))}</tbody>
        </table>
      </div>
      ${test.endedAt ? nothing : this.tools()}
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}`;
  }

  /** The whole test in a sentence. */
  private verdict(): string {
    const { test } = this;
    if (test.endedAt) return test.winner ? t("creator.ab.won", { variant: test.winner.toUpperCase() }) : t("creator.ab.nobody");
    const best = proven(test);
    if (best) return t("creator.ab.proven", { variant: best.key.toUpperCase(), percent: percent(best.comparison?.difference ?? 0, locale()) });
    const left = test.variants.flatMap(({ comparison }) => comparison?.moreReports ?? []);
    return left.length ? t("creator.ab.wait", { count: Math.min(...left) }) : t("creator.ab.early");
  }

  private row(one: VariantView): TemplateResult {
    const { low, high } = one.interval;
    return html`<tr>
      <td class="message"><strong>${one.key.toUpperCase()}</strong> <span dir="auto">${one.text}</span></td>
      <td class="number">${count(one.reported, locale())} / ${count(one.assigned, locale())}</td>
      <td class="number">${count(one.converted, locale())}</td>
      <td class="number">${one.rate === null ? "–" : html`${percent(one.rate, locale())} <small>${percent(low, locale())}–${percent(high, locale())}</small>`}</td>
      <td class="number">${isZero(one.revenueUsd) ? "–" : usd(one.revenueUsd, locale(), 2)}</td>
      <td class="says">${t(finding(one))}</td>
    </tr>`;
  }

  private tools(): TemplateResult {
    return html`<details><summary>${t("creator.ab.work")}</summary><div class="inside">
      <form class="line" @submit=${this.report}>
        <causerie-field name="fanId" label=${t("creator.fan")} maxlength="200"></causerie-field>
        <causerie-select name="converted" label=${t("creator.ab.did")} .value=${"yes"} .choices=${[
          { id: "yes", label: t("creator.ab.didBuy") },
          { id: "no", label: t("creator.ab.didNot") },
        ]}></causerie-select>
        <causerie-field name="revenue" label=${t("creator.ab.paid")} inputmode="decimal" optional maxlength="20"></causerie-field>
        <button class="button" type="button" ?disabled=${this.busy} @click=${() => void this.assign()}>${t("creator.ab.which")}</button>
        <button class="button" type="submit" ?disabled=${this.busy}>${t("creator.ab.report")}</button>
      </form>
      ${this.gets
        ? html`<p class="gets" role="status"><span><strong>${this.gets.variant.toUpperCase()}</strong> <span dir="auto">${this.gets.text}</span></span><causerie-copy .text=${this.gets.text}></causerie-copy></p>`
        : nothing}
      <div class="line">
        <causerie-select name="winner" label=${t("creator.ab.winner")} .value=${""} .choices=${[
          { id: "", label: t("creator.ab.byFigures") },
          ...this.test.variants.map(({ key }) => ({ id: key, label: t("creator.ab.variant", { letter: key.toUpperCase() }) })),
        ]}></causerie-select>
        <button class="button" type="button" ?disabled=${this.busy} @click=${() => void this.end()}>${t("creator.ab.end")}</button>
      </div></div></details>`;
  }

  private get fan(): string {
    return this.renderRoot.querySelector<Field>("causerie-field[name=fanId]")?.value.trim() ?? "";
  }

  private async attempt(deed: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.problem = "";
    try {
      await deed();
    } catch (error) {
      this.problem = said(error);
    } finally {
      this.busy = false;
    }
  }

  private post<T>(what: string, body: unknown): Promise<T> {
    return this.client.api.post<T>(`/api/ai/experiments/${this.test.id}/${what}`, body);
  }

  private assign(): Promise<void> {
    return this.attempt(async () => {
      this.gets = await this.post<Assignment>("assignments", { fanId: this.fan } satisfies AssignFan);
      this.tell("changed");
    });
  }

  private readonly report = (event: Event): void => {
    event.preventDefault();
    const bought = this.renderRoot.querySelector<Select>("causerie-select[name=converted]")?.value === "yes";
    const paid = amount(this.renderRoot.querySelector<Field>("causerie-field[name=revenue]")?.value ?? "");
    const body: ReportOutcome = { fanId: this.fan, converted: bought, ...(bought && paid ? { revenueUsd: paid } : {}) };
    void this.attempt(async () => {
      await this.post("outcomes", body);
      this.tell("toast", { text: t("creator.ab.noted") });
      this.tell("changed");
    });
  };

  private end(): Promise<void> {
    const winner = this.renderRoot.querySelector<Select>("causerie-select[name=winner]")?.value;
    return this.attempt(async () => {
      await this.post("end", (winner ? { winner } : {}) satisfies EndExperiment);
      this.tell("changed");
    });
  }
}

define("causerie-experiment", Experiment);
