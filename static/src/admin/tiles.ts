// The six figures at the top of the monitor.
import { html, nothing, type TemplateResult } from "lit";

import { locale, t } from "../core/i18n.js";
import { compare, isZero, ratio, usd } from "../core/money.js";
import type { FeedParts } from "../core/resources.js";

/** Below this many times the usual, "usual" is no news. */
const NEWS_FROM = 1.2;
/** Share of failed calls above which an operator should look. */
const ERRORS_BAD = 0.05;

function tile(name: string, value: string, aside: unknown, kind = ""): TemplateResult {
  return html`<div class="tile">
    <dt>${name}</dt>
    <dd class="value ${kind}">${value}</dd>
    <dd class="aside">${aside || nothing}</dd>
  </div>`;
}

/** `allowed`: dollars of a day above which an alert opens; undefined: none, or not known yet. */
export function tiles({ totals, running, errors }: FeedParts, allowed?: string): TemplateResult {
  const dollars = (text: string): string => usd(text, locale());
  const times = isZero(totals.usualPerSecondUsd) ? 0 : ratio(totals.perSecondUsd, totals.usualPerSecondUsd);
  const usual =
    times >= NEWS_FROM
      ? html`<span class="up">▲ ${t("costs.usual", { times: new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(times) })}</span>`
      : "";
  const percent = new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(errors.rate);
  const forecast = compare(totals.monthForecastUsd, totals.monthUsd) > 0
    ? t("costs.forecast", { usd: dollars(totals.monthForecastUsd) })
    : "";
  const over = allowed !== undefined && compare(totals.todayUsd, allowed) > 0;
  const ofDay = allowed === undefined || isZero(allowed)
    ? t("costs.sinceMidnight")
    : t("costs.ofDay", {
        percent: new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(ratio(totals.todayUsd, allowed)),
        usd: dollars(allowed),
      });
  return html`<dl class="tiles figure">
    ${tile(t("costs.perSecond"), dollars(totals.perSecondUsd), usual)}
    ${tile(t("costs.perMinute"), dollars(totals.perMinuteUsd), t("costs.lastMinute"))}
    ${tile(t("costs.today"), dollars(totals.todayUsd), ofDay, over ? "bad" : "")}
    ${tile(t("costs.month"), dollars(totals.monthUsd), forecast)}
    ${tile(
      t("costs.inFlight"),
      t("costs.turns", { count: running.turns }),
      running.turns
        ? t("costs.held", { spent: dollars(running.costUsd), held: dollars(running.heldUsd) })
        : "",
    )}
    ${tile(
      t("costs.errors"),
      percent,
      t("costs.errorCalls", { count: errors.calls }),
      errors.rate > ERRORS_BAD && errors.calls >= 20 ? "bad" : "",
    )}
  </dl>`;
}
