// The audit log: who changed what, from what to what. Nobody can change it here.
import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { full } from "../core/time.js";
import type { AuditEntryView, AuditPage, UserListed, UserPage } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { ListLoader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";
import "../ui/select.js";
import { changes, type Change } from "./audit-change.js";
import { entries, filters } from "./audit-styles.js";
import { ACTIONS, actionWords, fieldWords, kindWords, nameOf, placeOf, valueWords } from "./audit-words.js";
import { utcDate } from "./moments.js";
import { NarrowedList } from "./narrowed.js";

const FILTERS = ["actorId", "targetId", "action"] as const;

export class Audit extends NarrowedList<(typeof FILTERS)[number]> {
  static override styles = [base, buttons, sections, pages, filters, entries];

  protected readonly names = FILTERS;
  protected readonly path = "/admin/audit";
  /** Who can have changed something: to choose from. */
  @state() private admins: readonly UserListed[] = [];
  protected readonly list = new ListLoader<AuditEntryView>(this, async (cursor) => {
    const page = await this.client.api.get<AuditPage>(`/api/admin/audit?${this.asked(cursor)}`);
    await this.people.learn([this.chosen("actorId"), this.chosen("targetId"), ...page.items.flatMap(peopleOf)]);
    return page;
  });

  override firstUpdated(): void {
    void this.readAdmins();
  }

  private async readAdmins(): Promise<void> {
    const page = await this.client.api.get<UserPage>("/api/admin/users?role=admin&limit=100").catch(() => undefined);
    this.admins = page?.items ?? []; // Without them a name in the list still narrows it.
  }

  override render(): TemplateResult {
    return html`
      <h1>${t("audit.title")}</h1>
      <p class="muted lead">${t("audit.text")}</p>
      ${this.choices()}
      ${this.list.render(({ items }) =>
        items.length
          ? html`<ul class="rows">${items.map((entry) => this.entry(entry))}</ul>${this.list.rest()}`
          : html`<p class="muted rows">${t(this.filters.size ? "audit.none" : "audit.empty")}</p>`,
      )}
    `;
  }

  private choices(): TemplateResult {
    const actor = this.chosen("actorId");
    const action = this.chosen("action");
    const who = this.admins.map(({ id, name, email }) => ({ id, label: name || email || id }));
    const what = ACTIONS.map((id) => ({ id: id as string, label: actionWords(id) }));
    const among = (choices: { id: string; label: string }[], value: string, label: string): typeof choices =>
      value && !choices.some(({ id }) => id === value) ? [{ id: value, label }, ...choices] : choices;
    const about = this.chosen("targetId");
    return html`<search class="filters">
        <causerie-select label=${t("audit.by")} .value=${actor} .choices=${[{ id: "", label: t("audit.anybody") }, ...among(who, actor, this.people.of(actor))]}
          @causerie-change=${(event: CustomEvent<string>) => this.narrow("actorId", event.detail)}></causerie-select>
        <causerie-select label=${t("audit.what")} .value=${action}
          .choices=${[{ id: "", label: t("audit.anything") }, ...among(what, action, action)]}
          @causerie-change=${(event: CustomEvent<string>) => this.narrow("action", event.detail)}></causerie-select>
        ${this.day("from")}${this.day("to")}
      </search>
      ${this.filters.size
        ? html`<div class="chosen">
            ${about
              ? html`<button class="button small" type="button" aria-label=${t("audit.unfilter", { filter: t("audit.filter.targetId", { value: this.people.of(about) }) })}
                  @click=${() => this.narrow("targetId", "")}><span dir="auto">${t("audit.filter.targetId", { value: this.people.of(about) })}</span> ✕</button>`
              : nothing}
            <button class="quiet" type="button" @click=${() => this.tell("navigate", { path: this.path })}>${t("audit.clear")}</button>
          </div>`
        : nothing}`;
  }

  private entry(entry: AuditEntryView): TemplateResult {
    const { actorId } = entry;
    const actor = this.people.of(actorId ?? "");
    return html`<li class="entry">
      <div class="when">
        <time class="figure" datetime=${entry.at} title=${full(entry.at, locale())}>${t("audit.at", { at: utcDate(entry.at, locale()) })}</time>
        ${actorId
          ? html`<button class="link" type="button" dir="auto" title=${t("audit.onlyBy", { name: actor })} @click=${() => this.narrow("actorId", actorId)}>${actor}</button>
              <small class="figure">${entry.address}</small>`
          : html`<span>${t("audit.operator")}</span>`}
      </div>
      <div class="about">
        <button class="link action" type="button" title=${t("audit.only")} @click=${() => this.narrow("action", entry.action)}>${actionWords(entry.action)}</button>
        <p class="target">${this.target(entry)}</p>
        ${this.difference(changes(entry.before, entry.after))}
      </div>
    </li>`;
  }

  private target(entry: AuditEntryView): TemplateResult {
    const { targetKind, targetId } = entry;
    const place = targetKind === "user" && !this.people.knows(targetId) ? undefined : placeOf(entry);
    const called = this.people.in(nameOf(entry));
    const words = called || kindWords(targetKind);
    return html`${called ? html`<span class="muted">${kindWords(targetKind)} </span>` : nothing}${place
        ? html`<a href=${place} dir="auto">${words}</a>`
        : html`<span dir="auto">${words}</span>`}
      <button class="quiet only" type="button" title=${t("audit.onlyAbout", { name: words })} @click=${() => this.narrow("targetId", targetId)}>${t("audit.only")}</button>`;
  }

  private difference(changed: readonly Change[]): TemplateResult | typeof nothing {
    if (!changed.length) return nothing;
    const said = (value: unknown): string => this.people.in(valueWords(value));
    return html`<dl>${changed.map(
      ({ name, before, after }) => html`<dt>${fieldWords(name)}</dt><dd dir="auto">
        ${before === undefined ? nothing : html`<span class="unseen">${t("audit.before")} </span><del>${said(before)}</del>`}
        ${before !== undefined && after !== undefined ? html` <span class="arrow" aria-hidden="true">→</span> ` : nothing}
        ${after === undefined ? nothing : html`<span class="unseen">${t("audit.after")} </span><ins>${said(after)}</ins>`}
      </dd>`,
    )}</dl>`;
  }
}

/** Users whom an entry names, in whatever place. */
function peopleOf({ actorId, targetKind, targetId, before, after }: AuditEntryView): (string | null)[] {
  const inside = [before, after].flatMap((fields) =>
    fields ? [fields["userId"], fields["scope"] === "creator" ? fields["key"] : null] : [],
  );
  return [actorId, targetKind === "user" ? targetId : null, ...inside.filter((id): id is string => typeof id === "string")];
}

define("causerie-audit", Audit);
