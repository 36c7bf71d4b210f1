// How each configured model does: whether it is asked, how often it failed, how soon it speaks.
import { css, html, nothing, type TemplateResult } from "lit";

import { locale, t } from "../core/i18n.js";
import { count } from "../core/money.js";
import type { ModelHealthView, ProviderList } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import { tables } from "../ui/table.js";
import { utcDate } from "./moments.js";

const RENEWED_S = 10;

const STATES = ["closed", "open", "half_open"] as const;
const TAGS: Readonly<Record<string, string>> = { closed: "good", open: "bad", half_open: "warn" };

export class Health extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    tables,
    css`
      .scroll {
        margin-block-start: 16px;
      }
      h2 {
        margin-block-start: 24px;
      }
      thead th {
        white-space: normal;
        vertical-align: bottom;
      }
      table {
        min-inline-size: 520px;
        table-layout: fixed;
      }
      /* The same columns for every provider: the first as wide as names need. */
      thead th:first-child {
        inline-size: 34%;
      }
      tbody th {
        white-space: normal;
        overflow-wrap: anywhere;
      }
      .error {
        margin-block-start: 4px;
        font-size: 13px;
        overflow-wrap: anywhere;
      }
      .note {
        margin-block-start: 12px;
        font-size: 13px;
      }
    `,
  ];

  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly list = new Loader<ProviderList>(this, () => this.client.api.get<ProviderList>("/api/admin/providers"));

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => document.hidden || void this.list.load(), RENEWED_S * 1000);
  }

  override disconnectedCallback(): void {
    clearInterval(this.timer);
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    return html`${this.list.render(({ items }) =>
      items.length
        ? html`${items.map(
              ({ provider, models }) => html`<h2 dir="auto">${provider}</h2>
                <div class="scroll" tabindex="0" role="region" aria-label=${provider}><table>
                  <thead><tr>
                    <th scope="col">${t("providers.model")}</th>
                    <th scope="col">${t("providers.state")}</th>
                    <th scope="col" class="number">${t("providers.calls")}</th>
                    <th scope="col" class="number">${t("providers.failures")}</th>
                    <th scope="col" class="number">${t("providers.firstWord")}</th>
                  </tr></thead>
                  <tbody>${models.map((model) => this.row(model))}</tbody>
                </table></div>
                ${models.map((model) => this.error(model))}`,
            )}
            <p class="muted note">${t("providers.renewed", { seconds: RENEWED_S })}</p>`
        : html`<p class="muted rows">${t("providers.none")}</p>`,
    )}`;
  }

  private row(model: ModelHealthView): TemplateResult {
    const { state, calls, failures, firstWordMs, probeInSeconds } = model;
    const known = STATES.find((one) => one === state);
    return html`<tr>
      <th scope="row" dir="auto">${called(model)}</th>
      <td><span class="tag ${TAGS[state] ?? ""}">${known ? t(`providers.state.${known}`) : state}</span>
        ${probeInSeconds === null ? nothing : html`<small>${t("providers.probe", { seconds: Math.ceil(probeInSeconds) })}</small>`}</td>
      <td class="number">${count(calls, locale())}</td>
      <td class="number">${count(failures, locale())}</td>
      <td class="number">${firstWordMs === null ? html`<span class="muted">${t("providers.quiet")}</span>` : t("providers.ms", { ms: firstWordMs })}</td>
    </tr>`;
  }

  private error(model: ModelHealthView): TemplateResult | typeof nothing {
    const { lastError, lastErrorAt } = model;
    if (!lastError) return nothing;
    return html`<p class="muted error"><strong>${t("providers.lastError")}</strong>
      ${lastErrorAt ? html`<span class="figure">${t("audit.at", { at: utcDate(lastErrorAt, locale()) })}</span>` : nothing}
      <span dir="auto">${called(model)}: ${lastError}</span></p>`;
  }
}

/** The name of a model without its provider's. */
const called = ({ model }: ModelHealthView): string => model.slice(model.indexOf("/") + 1);

define("causerie-health", Health);
