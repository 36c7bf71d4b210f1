// Typed answers as cards, whole or as far as they have come: any part may still be missing.
import { css, html, nothing, type TemplateResult } from "lit";

import { locale, t, type Key } from "../core/i18n.js";
import { count, usd } from "../core/money.js";
import type { AnalysisAnswer, CaptionAnswer, FanMessageAnswer, ReplyIdeasAnswer, SalesAnswer, TacticView } from "../core/wire.gen.js";
import { tags } from "../ui/rows.js";
import { conversion, percent } from "./confidence.js";
import "./part.js";
import { lengthOn, PLATFORMS, posted, type Platform } from "./platforms.js";

export type Kind = "fan_message" | "reply_ideas" | "caption" | "sales" | "analysis" | "completion";

/** What can be done with the parts of an answer that is whole. */
export interface Deeds {
  /** Takes one text as the one that is sent. */
  use: ((text: string) => void) | undefined;
  /** Makes a test of the message and its alternatives. */
  test: ((texts: readonly string[]) => void) | undefined;
  platform: Platform | undefined;
}

/** What the parts look like, in whatever shows them. */
export const answers = css`
  ${tags}
  .text {
    max-inline-size: var(--measure);
    font-size: 16px;
    line-height: 1.6;
    white-space: pre-wrap;
  }
  .why,
  small {
    font-size: 13px;
    color: var(--muted);
  }
  .why {
    margin-block: 4px 8px;
  }
  .why.over {
    color: var(--bad);
  }
  .lines li {
    display: flex;
    align-items: start;
    justify-content: space-between;
    gap: 12px;
    padding-block: 3px;
  }
  .what {
    min-inline-size: 0;
    padding-block-start: 3px;
  }
  .price {
    margin-inline-start: 4px;
    font-variant-numeric: tabular-nums;
  }
  .tactics {
    display: grid;
    gap: 8px;
  }
  dt {
    font-weight: 600;
    font-size: 14px;
  }
  dt::first-letter {
    text-transform: uppercase;
  }
  dd {
    color: var(--muted);
    font-size: 14px;
  }
  .figures {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 40px;
    padding-block: 14px;
    border-block-start: 1px solid var(--line);
  }
  .figures dt {
    font-size: 13px;
    color: var(--muted);
  }
  .figures dd {
    font-size: 22px;
    color: var(--text);
    font-variant-numeric: tabular-nums;
  }
  .tags {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .tags span {
    padding: 1px 8px;
    border-radius: var(--radius-small);
    background: var(--sunken);
    font-size: 13px;
  }
`;

/** Texts still on their way have fields missing, at any depth. */
type Partly<T> = T extends readonly (infer U)[] ? readonly Partly<U>[] : T extends object ? { [K in keyof T]?: Partly<T[K]> } : T;

const isDecimal = (value: unknown): value is string => typeof value === "string" && /^\d+(\.\d+)?$/.test(value);

const heading = (name: string, copy: string, body: TemplateResult, first = false, side: TemplateResult | typeof nothing = nothing): TemplateResult =>
  html`<causerie-part heading=${name} .copy=${copy} ?first=${first}>${side}${body}</causerie-part>`;

/** A list where every line copies alone. */
function lines(name: string, texts: readonly (string | undefined)[], line: (index: number) => TemplateResult | typeof nothing = () => nothing): TemplateResult | typeof nothing {
  const known = texts.map((text) => text ?? "");
  if (!known.some(Boolean)) return nothing;
  return heading(
    name,
    "",
    html`<ul class="lines">
      ${known.map((text, index) =>
        text
          ? html`<li><span class="what"><span dir="auto">${text}</span>${line(index)}</span>
              <causerie-copy .text=${text} label=${t("creator.copyText")}></causerie-copy></li>`
          : nothing,
      )}
    </ul>`,
  );
}

function tactics(found: readonly Partly<TacticView>[] | undefined): TemplateResult | typeof nothing {
  const named = (found ?? []).filter(({ name }) => name);
  if (!named.length) return nothing;
  return heading(
    t("creator.tactics"),
    named.map(({ name, rationale }) => `${name}: ${rationale ?? ""}`).join("\n"),
    html`<dl class="tactics">${named.map(({ name, rationale }) => html`<div><dt dir="auto">${name}</dt><dd dir="auto">${rationale ?? ""}</dd></div>`)}</dl>`,
  );
}

function fan(value: Partly<FanMessageAnswer>): TemplateResult {
  const offers = value.upsellSuggestions ?? [];
  return html`
    ${value.response ? heading(t("creator.response"), value.response, html`<p class="text" dir="auto">${value.response}</p>`, true) : nothing}
    ${lines(t("creator.upsells"), offers.map(({ text }) => text), (index) => {
      const price = offers[index]?.price;
      return isDecimal(price) ? html` <strong class="price">${usd(price, locale())}</strong>` : nothing;
    })}
    ${tactics(value.tactics)}`;
}

function ideas(value: Partly<ReplyIdeasAnswer>, { use }: Deeds): TemplateResult {
  return html`<ol class="ideas">
    ${(value.suggestions ?? []).map(({ text, tone, why }, index) =>
      text
        ? html`<li><causerie-part heading=${t("creator.idea", { n: index + 1 })} .copy=${text} ?first=${index === 0}>
            ${tone ? html`<span slot="side" class="tag" dir="auto">${tone}</span>` : nothing}
            <p class="text" dir="auto">${text}</p>
            ${why ? html`<p class="why" dir="auto">${why}</p>` : nothing}
            ${use ? html`<button class="button small" type="button" @click=${() => use(text)}>${t("creator.useThis")}</button>` : nothing}
          </causerie-part></li>`
        : nothing,
    )}
  </ol>`;
}

function caption(value: Partly<CaptionAnswer>, { platform = "instagram" }: Deeds): TemplateResult {
  const tags = (value.hashtags ?? []).filter(Boolean) as string[];
  const whole = posted(value.caption ?? "", tags);
  const length = lengthOn(platform, whole);
  const { limit } = PLATFORMS[platform];
  const counted = t("creator.length", { count: count(length, locale()), limit: count(limit, locale()) });
  return html`
    ${value.caption
      ? heading(t("creator.caption"), value.caption, html`<p class="text" dir="auto">${value.caption}</p>
          <p class="why figure ${length > limit ? "over" : ""}">${counted}</p>`, true)
      : nothing}
    ${tags.length
      ? heading(t("creator.hashtags"), tags.join(" "), html`<div class="tags">${tags.map((tag) => html`<span dir="auto">${tag}</span>`)}</div>`)
      : nothing}
    ${lines(t("creator.why"), value.performanceInsights ?? [])}`;
}

function sales(value: Partly<SalesAnswer>, { test }: Deeds): TemplateResult {
  const others = (value.alternativeMessages ?? []).filter(Boolean) as string[];
  const rate = value.expectedConversionRate;
  const figures = [
    isDecimal(value.suggestedPrice) ? html`<div><dt>${t("creator.price")}</dt><dd>${usd(value.suggestedPrice, locale())}</dd></div>` : nothing,
    typeof rate === "number"
      ? html`<div><dt>${t("creator.conversion")}</dt><dd>${percent(rate, locale())} <small>${t(conversion(rate))}</small></dd></div>`
      : nothing,
  ];
  return html`
    ${value.message ? heading(t("creator.message"), value.message, html`<p class="text" dir="auto">${value.message}</p>`, true) : nothing}
    ${figures.some((one) => one !== nothing) ? html`<dl class="figures">${figures}</dl>` : nothing}
    ${tactics(value.tactics)}
    ${lines(t("creator.alternatives"), others)}
    ${test && value.message && others.length
      ? html`<button class="button small" type="button" @click=${() => test([value.message ?? "", ...others])}>${t("creator.makeTest")}</button>`
      : nothing}`;
}

const LEVELS: Readonly<Record<string, string>> = { high: "warn", medium: "good" };

const level = (key: Key, name: string): TemplateResult => html` <span class="tag ${LEVELS[name] ?? ""}">${t(key)}</span>`;

function analysis(value: Partly<AnalysisAnswer>): TemplateResult {
  const { insights = [], recommendations = [], patterns = [], predictions = [] } = value;
  return html`
    ${lines(t("creator.insights"), insights.map(({ text }) => text), (index) => {
      const impact = insights[index]?.impact;
      return impact ? level(`creator.impact.${impact}` as Key, impact) : nothing;
    })}
    ${lines(t("creator.recommendations"), recommendations.map(({ action }) => action), (index) => {
      const priority = recommendations[index]?.priority;
      return priority ? level(`creator.priority.${priority}` as Key, priority) : nothing;
    })}
    ${lines(t("creator.patterns"), patterns.map(({ text }) => text), (index) => html` <small dir="auto">${patterns[index]?.frequency ?? ""}</small>`)}
    ${lines(t("creator.predictions"), predictions.map(({ text }) => text), (index) => {
      const sure = predictions[index]?.confidence;
      return typeof sure === "number" ? html` <small>${t("creator.likely", { percent: percent(sure, locale()) })}</small>` : nothing;
    })}`;
}

/** The parts of an answer of that kind. What is no object has not come yet. */
export function parts(kind: Kind, value: unknown, deeds: Deeds): TemplateResult | typeof nothing {
  if (typeof value !== "object" || value === null) return nothing;
  switch (kind) {
    case "fan_message":
      return fan(value);
    case "reply_ideas":
      return ideas(value, deeds);
    case "caption":
      return caption(value, deeds);
    case "sales":
      return sales(value, deeds);
    case "analysis":
      return analysis(value);
    case "completion":
      return nothing;
  }
}

/** The text that goes out, where the answer has one. */
export function outgoing(kind: Kind, value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  const { response, caption: text, hashtags, message } = value as Partial<FanMessageAnswer & CaptionAnswer & SalesAnswer>;
  if (kind === "fan_message") return response ?? "";
  if (kind === "caption") return posted(text ?? "", hashtags ?? []);
  return kind === "sales" ? (message ?? "") : "";
}
