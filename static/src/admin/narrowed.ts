// The base of lists of what happened: their filters stand in the address, and people have names.
import { html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { ClientElement } from "../ui/element.js";
import "../ui/field.js";
import type { ListLoader } from "../ui/loader.js";
import { daysOf } from "./days.js";
import { People } from "./people.js";

/** Every list can be narrowed to some days, both of them included. */
type Days = "from" | "to";

export abstract class NarrowedList<F extends string> extends ClientElement {
  /** What the address asks for: filters by name. */
  @property() query = "";
  protected filters: ReadonlyMap<F | Days, string> = new Map();
  protected readonly people = new People(this, () => this.client.api);
  protected abstract readonly list: ListLoader<unknown>;
  /** Filters beside the days. */
  protected abstract readonly names: readonly F[];
  /** The page without filters; it may end with a query of its own. */
  protected abstract readonly path: string;

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("query")) return;
    const asked = new URLSearchParams(this.query);
    const names = [...this.names, "from", "to"] as const;
    this.filters = new Map(names.flatMap((name) => (asked.get(name) ? [[name, asked.get(name) ?? ""] as const] : [])));
    if (changed.get("query") !== undefined) void this.list.load();
  }

  protected chosen(name: F | Days): string {
    return this.filters.get(name) ?? "";
  }

  /** As the server takes it. */
  protected asked(cursor: string | undefined): URLSearchParams {
    const rest = [...this.filters].filter(([name]) => name !== "from" && name !== "to");
    const query = new URLSearchParams([...rest, ...Object.entries(daysOf(this.chosen("from"), this.chosen("to")))]);
    if (cursor) query.set("cursor", cursor);
    return query;
  }

  protected day(name: Days): TemplateResult {
    return html`<causerie-field type="date" optional label=${t(name === "from" ? "audit.from" : "audit.to")} .initial=${this.chosen(name)}
      @input=${(event: Event) => this.narrow(name, (event.currentTarget as HTMLElementTagNameMap["causerie-field"]).value)}></causerie-field>`;
  }

  protected narrow(filter: F | Days, value: string): void {
    const filters = new Map(this.filters);
    if (value) filters.set(filter, value);
    else filters.delete(filter);
    const query = new URLSearchParams([...filters]);
    this.tell("navigate", { path: filters.size ? `${this.path}${this.path.includes("?") ? "&" : "?"}${query}` : this.path });
  }
}
