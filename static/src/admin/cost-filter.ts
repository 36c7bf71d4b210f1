// A filter by name: of what kind, and which of those that cost something in the last month.
import { css, html, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { FeedSplit } from "../core/resources.js";
import type { CostReport } from "../core/wire.gen.js";
import { base, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";
import { called } from "./called.js";
import { filterOf, GROUPS, type View } from "./monitor.js";

const DAYS_MS = 30 * 86_400_000;
const MOST = 100;

export class CostFilter extends ClientElement {
  static override styles = [
    base,
    sections,
    css`
      :host {
        flex: 1 1 100%;
      }
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 12px;
      }
      causerie-select {
        flex: 0 1 240px;
      }
    `,
  ];

  @property({ attribute: false }) view!: View;
  @state() private group: FeedSplit = "feature";
  private readonly list = new Loader<CostReport>(this, () => {
    const query = new URLSearchParams({ groupBy: this.group, from: new Date(Date.now() - DAYS_MS).toISOString(), limit: String(MOST) });
    return this.client.api.get<CostReport>(`/api/admin/ai-costs?${query}`);
  });

  override firstUpdated(): void {
    this.renderRoot.querySelector("causerie-select")?.focus();
  }

  override render(): TemplateResult {
    return html`<form @keydown=${(event: KeyboardEvent) => event.key === "Escape" && this.tell("closed")}>
      <causerie-select label=${t("costs.filterBy")} .value=${this.group} .choices=${GROUPS.map((id) => ({ id, label: t(`costs.group.${id}`) }))}
        @causerie-change=${this.kind}></causerie-select>
      ${this.list.render((report) => this.values(report))}
    </form>`;
  }

  private values({ items }: CostReport): TemplateResult {
    const filter = filterOf(this.group);
    const had = new Set(this.view.filters[filter] ?? []);
    const left = items
      .map(({ keys, name }) => ({ id: keys[this.group] ?? "", label: called(this.group, keys[this.group] ?? "", name ?? undefined) }))
      .filter(({ id }) => id && !had.has(id));
    if (!left.length) return html`<p class="muted">${t("costs.filterNone")}</p>`;
    return html`<causerie-select label=${t("costs.filterValue")} .choices=${[{ id: "", label: "…" }, ...left]}
      @causerie-change=${(event: CustomEvent<string>) => event.detail && this.tell("filter", { name: filter, value: event.detail })}></causerie-select>`;
  }

  private kind(event: CustomEvent<FeedSplit>): void {
    this.group = event.detail;
    void this.list.load();
  }
}

define("causerie-cost-filter", CostFilter);
