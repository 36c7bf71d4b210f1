// Beside the curve: names with their colours, and the same figures as a table.
import { html, nothing, type TemplateResult } from "lit";

import { locale, t } from "../core/i18n.js";
import { utcClock } from "../core/time.js";
import type { Band } from "../ui/chart.js";
import { OTHER, type Rings } from "./feed.js";

/** Rows of the table twin: a screen or two; the rest is the export's business. */
const TABLE_ROWS = 60;

/** Dollars a second on an axis; decimals follow the step, so that no two ticks look alike. */
export function rateText(amount: number, step = 0.0001): string {
  let digits = 2;
  while (digits < 7 && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) digits++;
  return new Intl.NumberFormat(locale(), {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amount);
}

/** A rate beside a name: four places, never nothing for something, nothing as it is, and no figure where none came. */
export function figure(amount: number): string {
  if (Number.isNaN(amount)) return "–";
  if (amount === 0) return rateText(0, 0.01);
  return amount > 0 && amount < 0.0001 ? `<${rateText(0.0001)}` : rateText(amount, amount >= 1 ? 0.01 : 0.0001);
}

type Name = (key: string) => string;

/** Names and colours; with a cursor on the curve, the moment and what each spent then. */
export function legend(bands: readonly Band[], rings: Rings, cursor: number | undefined, name: Name, choose: (key: string) => void): TemplateResult {
  const at = cursor ?? rings.buckets - 2;
  const second = rings.times()[at] ?? 0;
  return html`<ul class="legend">
    <li class="moment figure">${utcClock(second * 1000, locale())}</li>
    ${bands.map(
      ({ key, colour }) => html`<li>
        <button class="pick" type="button" title=${t("costs.filter", { name: name(key) })} ?disabled=${key === OTHER} @click=${() => choose(key)}>
          <i class="swatch s${colour}"></i><span class="name">${name(key)}</span></button>
        <span class="figure">${figure(rings.row(key)?.[at] ?? 0)}</span>
      </li>`,
    )}
  </ul>`;
}

/** What the keyboard's cursor stands on, to be heard: the moment, and who spent how much then. */
export function readAt(bands: readonly Band[], rings: Rings, at: number, name: Name): string {
  const spent = bands.flatMap(({ key }) => {
    const amount = rings.row(key)?.[at] ?? 0;
    return amount > 0 ? [`${name(key)} ${figure(amount)}`] : [];
  });
  const isGap = bands.some(({ key }) => Number.isNaN(rings.row(key)?.[at]));
  const values = isGap ? t("costs.gap") : spent.length ? new Intl.ListFormat(locale(), { type: "unit" }).format(spent) : rateText(0);
  return t("costs.readAt", { at: utcClock((rings.times()[at] ?? 0) * 1000, locale()), values });
}

/** The newest buckets that are not empty, newest first. */
export function tableOf(bands: readonly Band[], rings: Rings, name: Name): TemplateResult {
  const times = rings.times();
  const filled = [...times.keys()]
    .filter((at) => bands.some(({ key }) => (rings.row(key)?.[at] ?? 0) > 0))
    .toReversed()
    .slice(0, TABLE_ROWS);
  if (!filled.length) return html`<p class="muted empty">${t("costs.nothing")}</p>`;
  return html`<div class="scroll tall" tabindex="0" role="region" aria-label=${t("costs.asTable")}><table>
    <thead>
      <tr>
        <th scope="col">${t("costs.time")}</th>
        ${bands.map(({ key }) => html`<th scope="col" class="number">${name(key)}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${filled.map(
        (at) => html`<tr>
          <th scope="row" class="figure">${utcClock((times[at] ?? 0) * 1000, locale())}</th>
          ${bands.map(({ key }) => {
            const amount = rings.row(key)?.[at] ?? 0;
            return html`<td class="number">${amount > 0 ? figure(amount) : nothing}</td>`;
          })}
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}
