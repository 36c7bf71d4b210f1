// Lines above an answer: what happened while it was written, and who took part in it.
import { html, nothing, type TemplateResult } from "lit";

import { agentName } from "../core/agents.js";
import { locale, t } from "../core/i18n.js";
import type { ModelInfo } from "../core/resources.js";
import type { TurnNoticeLine } from "../core/turns.js";
import type { Receipt } from "../core/wire.gen.js";
import { icon } from "../ui/icon.js";
import { eventDetails, eventNotice } from "./words.js";

/** What happened, in a line; what more there is to say of it opens below. */
export function happened(line: TurnNoticeLine, models: readonly ModelInfo[]): TemplateResult | typeof nothing {
  const words = eventNotice(line, models);
  if (!words) return nothing;
  const more = eventDetails(line);
  const what = html`${icon("info", 16)}<span>${words}</span>`;
  if (!more) return html`<p class="event">${what}</p>`;
  return html`<details class="event">
    <summary>${what}<span class="more">${t("notice.details")}${icon("chevron", 14)}</span></summary>
    <p dir="auto">${more}</p>
  </details>`;
}

/** Of a team's answer that this page did not see come: its agents, whom the receipt knows. */
export function tookPart(receipt: Receipt | undefined): TemplateResult | typeof nothing {
  const agents = receipt?.branches?.filter(({ status }) => status === "ok").map(({ agent }) => agentName(agent)) ?? [];
  if (agents.length < 2) return nothing;
  const list = new Intl.ListFormat(locale(), { type: "conjunction" }).format(agents);
  return html`<p class="event">${icon("info", 16)}<span>${t("message.tookPart", { agents: list })}</span></p>`;
}
