// The two ends of a window that stands, to the minute, in UTC; and how an id is shown that has no name.
import { html, type TemplateResult } from "lit";

import { t } from "../core/i18n.js";
import type { FeedSpan } from "../core/resources.js";
import { span } from "./monitor.js";

/** `change` hears a window that begins before it ends; `again`: what was typed is none. */
export function spanFields({ from, to }: FeedSpan, change: (range: FeedSpan) => void, again: () => void): TemplateResult {
  const field = (label: string, value: string, set: (moment: number) => FeedSpan): TemplateResult =>
    html`<input class="moment" type="datetime-local" aria-label=${label} .value=${value.slice(0, 16)}
      @change=${(event: Event) => {
        const range = set(Date.parse(`${(event.target as HTMLInputElement).value}Z`));
        if (range.from < range.to) change(range);
        else again();
      }}>`;
  const safe = (moment: number, other: string): number => (Number.isFinite(moment) ? moment : Date.parse(other));
  return html`<span class="dates">
    ${field(t("costs.from"), from, (moment) => span(safe(moment, from), Date.parse(to)))}<span class="dash">–</span>
    ${field(t("costs.to"), to, (moment) => span(Date.parse(from), safe(moment, to)))}
  </span>`;
}

/** An id is recognised by its end: the beginning is the time it was made at. */
export function shortened(key: string): string {
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(key) ? `…${key.slice(-8)}` : key;
}
