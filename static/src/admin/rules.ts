// By which rules incidents open, and the figures of them that admins choose.
import { css, html, nothing, type TemplateResult } from "lit";

import { locale, t } from "../core/i18n.js";
import { usd } from "../core/money.js";
import type { ChangeRules, RulesView, RuleView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { utcDate } from "./moments.js";
import { People } from "./people.js";

const FIGURES = ["dailyCostUsd", "errorPercent", "burstBlockMinutes"] as const;
type Figure = (typeof FIGURES)[number];

export class Rules extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      form {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(240px, 100%), 1fr));
        gap: 16px 24px;
        align-items: start;
        margin-block: 16px 40px;
      }
      .whole {
        grid-column: 1 / -1;
      }
      .figure {
        display: grid;
        gap: 6px;
        justify-items: start;
      }
      .figure causerie-field {
        inline-size: 100%;
      }
      .rule {
        padding-block: 14px;
        border-block-end: 1px solid var(--line);
      }
      .rule:first-child {
        border-block-start: 1px solid var(--line);
      }
      h3 {
        font-size: 15px;
        font-weight: 500;
      }
      .rule p {
        margin-block-start: 2px;
        font-size: 14px;
      }
      dl {
        display: grid;
        grid-template-columns: fit-content(45%) minmax(0, 1fr);
        gap: 2px 20px;
        margin-block: 6px;
        font-size: 14px;
      }
      dt {
        color: var(--muted);
      }
    `,
  ];

  private readonly people = new People(this, () => this.client.api);
  private readonly found = new Loader<RulesView>(this, async () => {
    const rules = await this.client.api.get<RulesView>("/api/admin/alerts/rules");
    void this.people.learn([rules.chosenBy]);
    return rules;
  });

  override render(): TemplateResult {
    return html`${this.found.render((rules) => html`
      <h2>${t("rules.figures")}</h2>
      <p class="muted">${t("rules.figuresText", { seconds: rules.everySeconds })}</p>
      <form novalidate @submit=${this.save}>
        ${FIGURES.map((name) => this.figure(rules, name))}
        <div class="whole">${this.complaint()}
          <button class="button primary" type="submit" ?disabled=${this.busy}>${t("rules.save")}</button>
          ${rules.chosenAt
            ? html`<small>${t(rules.chosenBy ? "rules.changedBy" : "rules.changed", { at: utcDate(rules.chosenAt, locale()), name: this.people.of(rules.chosenBy ?? "") })}
                <a href="/admin/audit?action=alerts.rules">${t("rules.history")}</a></small>`
            : nothing}</div>
      </form>
      <h2>${t("rules.title")}</h2>
      <p class="muted">${t("rules.text", { minutes: rules.quietMinutes, percent: rules.grownPercent })}</p>
      <ul class="rows">${rules.rules.map((rule) => this.rule(rule))}</ul>`)}`;
  }

  private figure({ figures, settings, chosen }: RulesView, name: Figure): TemplateResult {
    const value = figures[name];
    return html`<div class="figure"><causerie-field name=${name} ?optional=${name === "dailyCostUsd"} inputmode="decimal" maxlength="40"
        label=${t(`rules.field.${name}`)} hint=${t(`rules.hint.${name}`)} .initial=${value === null ? "" : String(value)} .problem=${this.faults[name] ?? ""}></causerie-field>
      ${chosen.includes(name)
        ? html`<button class="button small" type="button" ?disabled=${this.busy} @click=${() => this.change({ reset: [name] })}>
            ${t("rules.reset", { value: this.words(name, settings[name]) })}</button>`
        : html`<small>${t("rules.asSet")}</small>`}
    </div>`;
  }

  private words(name: Figure, value: string | number | null): string {
    if (value === null) return t("rules.never");
    if (name === "dailyCostUsd") return usd(String(value), locale());
    return name === "errorPercent" ? `${value} %` : t("rules.minutes", { count: Number(value) });
  }

  private rule(rule: RuleView): TemplateResult {
    const windows = rule.windowSeconds.filter((seconds) => seconds < 86_400).map((seconds) => seconds / 60);
    return html`<li class="rule">
      <h3>${t(`incidents.kind.${rule.kind}`)}${rule.enabled ? nothing : html` <span class="tag">${t("rules.off")}</span>`}</h3>
      <p>${t(`rules.about.${rule.kind}`)}</p>
      <dl>
        <dt>${t("rules.scopes")}</dt><dd>${rule.scopes.map((scope) => t(`incidents.scope.${scope}`)).join(", ")}</dd>
        ${windows.length ? html`<dt>${t("rules.windows")}</dt><dd>${t("rules.windowMinutes", { list: windows.join(", ") })}</dd>` : nothing}
        ${Object.entries(rule.thresholds).map(([name, text]) => html`<dt>${t(`rules.threshold.${name as "atLeast"}`)}</dt><dd>${text}</dd>`)}
      </dl>
      <small>${rule.statistic}</small>
    </li>`;
  }

  private async save(event: Event): Promise<void> {
    event.preventDefault();
    const values = this.filled();
    const known = this.found.value?.figures;
    if (!values || !known) return;
    const body: ChangeRules = {};
    const daily = values["dailyCostUsd"]?.trim() || null;
    if (daily !== known.dailyCostUsd) body.dailyCostUsd = daily;
    for (const name of ["errorPercent", "burstBlockMinutes"] as const) {
      const text = values[name]?.trim() ?? "";
      if (!/^\d{1,4}$/.test(text)) {
        this.faults = { [name]: t("rules.whole") };
        return;
      }
      if (Number(text) !== known[name]) body[name] = Number(text);
    }
    await this.change(body);
  }

  private async change(body: ChangeRules): Promise<void> {
    const done = await this.attempt(async () => {
      this.found.value = await this.client.api.patch<RulesView>("/api/admin/alerts/rules", body);
      void this.people.learn([this.found.value.chosenBy]);
    });
    if (!done || !this.found.value) return;
    const { figures } = this.found.value;
    for (const field of this.fields) field.value = String(figures[field.name as Figure] ?? "");
    this.tell("toast", { text: t("rules.saved") });
  }
}

define("causerie-rules", Rules);
