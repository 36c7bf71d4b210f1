// The ranking of names and the dearest requests.
import { html, nothing, svg, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { featureName } from "../core/features.js";
import { locale, t } from "../core/i18n.js";
import { compare, count, share, usd } from "../core/money.js";
import type { DearestCall, FeedRow } from "../core/resources.js";
import { utcClock } from "../core/time.js";
import type { Band } from "../ui/chart.js";

/** As many decimals as the largest figure of a column leaves meaningful, the same down the column. */
function digits(values: readonly string[]): number {
  return values.some((value) => compare(value, "1") >= 0) ? 2 : 4;
}

function change(percent: number | null): TemplateResult | typeof nothing {
  if (percent === null) return nothing;
  const text = new Intl.NumberFormat(locale(), { style: "percent", signDisplay: "exceptZero", maximumFractionDigits: 0 })
    .format(percent / 100);
  return html`<span class=${percent >= 50 ? "up" : ""}>${text}</span>`;
}

/** How much of the dearest it is: a width, beside the figures that say it. */
function bar(part: string, most: string, colour: number): TemplateResult {
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">${svg`<rect class="f${colour}"
    width=${Math.max(1, Math.round(share(part, most) * 100))} height="8" />`}</svg>`;
}

export function ranking(
  rows: readonly FeedRow[],
  all: number,
  bands: readonly Band[],
  choose: (row: FeedRow) => void,
): TemplateResult {
  const colours = new Map(bands.map(({ key, colour }) => [key, colour]));
  const places = {
    second: digits(rows.map((row) => row.perSecondUsd)),
    minute: digits(rows.map((row) => row.perMinuteUsd)),
    today: digits(rows.map((row) => row.todayUsd)),
  };
  const most = rows.reduce((known, { todayUsd }) => (compare(todayUsd, known) > 0 ? todayUsd : known), "0");
  return html`<section class="ranking">
    <div class="title">
      <h2>${t("costs.ranking")}</h2>
      ${rows.length ? html`<span class="muted figure">${t("costs.rankingOf", { shown: rows.length, count: all })}</span>` : nothing}
    </div>
    ${rows.length
      ? html`<div class="scroll" tabindex="0" role="region" aria-label=${t("costs.ranking")}><table class="figure">
          <thead>
            <tr>
              <th scope="col">${t("costs.name")}</th>
              <td class="barred"></td>
              <th scope="col" class="number">${t("costs.second")}</th>
              <th scope="col" class="number">${t("costs.minute")}</th>
              <th scope="col" class="number">${t("costs.day")}</th>
              <th scope="col" class="number">${t("costs.calls")}</th>
              <th scope="col" class="number">${t("costs.change")}</th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              rows,
              ({ key }) => key,
              (row) => html`<tr>
                <th scope="row">
                  <button type="button" class="pick" title=${t("costs.filter", { name: row.name })} @click=${() => choose(row)}>
                    <i class="swatch s${colours.get(row.key) ?? 9}"></i><span dir="auto">${row.name}</span>
                  </button>
                </th>
                <td class="barred">${bar(row.todayUsd, most, colours.get(row.key) ?? 9)}</td>
                <td class="number">${usd(row.perSecondUsd, locale(), places.second)}</td>
                <td class="number">${usd(row.perMinuteUsd, locale(), places.minute)}</td>
                <td class="number strong">${usd(row.todayUsd, locale(), places.today)}</td>
                <td class="number">${count(row.calls, locale())}</td>
                <td class="number muted">${change(row.changePercent)}</td>
              </tr>`,
            )}
          </tbody>
        </table></div>`
      : html`<p class="muted empty">${t("costs.rankingEmpty")}</p>`}
  </section>`;
}

/** As many as stand beside the curve. */
export const shownOf = (all: readonly DearestCall[]): readonly DearestCall[] => all.slice(0, 6);

export function dearest(
  all: readonly DearestCall[],
  name: (key: string) => string,
  open: (call: DearestCall) => void,
): TemplateResult {
  const rows = shownOf(all);
  const places = digits(rows.map((row) => row.costUsd));
  return html`<section class="dearest">
    <div class="title"><h2>${t("costs.dearest")}</h2></div>
    ${rows.length
      ? html`<ul>
          ${repeat(
            rows,
            ({ callId }) => callId,
            (row) => html`<li>
              <button class="pick what" type="button" title=${t("costs.receipt")} @click=${() => open(row)}><span>${row.model.slice(row.model.indexOf("/") + 1)}</span></button>
              <span class="cost figure">${usd(row.costUsd, locale(), places)}</span>
              <span class="muted">${name(row.creatorId)}, ${featureName(row.feature)}</span>
              <span class="muted figure at">${utcClock(row.at, locale())}</span>
            </li>`,
          )}
        </ul>`
      : html`<p class="muted empty">${t("costs.dearestEmpty")}</p>`}
  </section>`;
}
