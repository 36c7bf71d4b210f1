// One user, as admins see and change them: rights, plan, entrance, and the way out.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { credits, isZero, usd } from "../core/money.js";
import { planName } from "../core/plans.js";
import { said } from "../core/said.js";
import { full } from "../core/time.js";
import type { SignInLink, SubscriptionRead, UserRead } from "../core/wire.gen.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { Loader } from "../ui/loader.js";
import "../ui/once.js";
import { pages, sections } from "../ui/page.js";
import "../ui/select.js";
import "./booking.js";
import { utcDate } from "./moments.js";
import "./user-turns.js";
import { tags } from "./users.js";

const PLANS = ["starter", "pro", "business"] as const;

export class UserPage extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      .back {
        display: inline-block;
        margin-block-end: 12px;
        font-size: 14px;
      }
      dl {
        display: grid;
        grid-template-columns: fit-content(45%) minmax(0, 1fr);
        gap: 6px 24px;
        margin-block-start: 20px;
      }
      dt {
        color: var(--muted);
      }
      dd {
        overflow-wrap: anywhere;
      }
      h1 .tag {
        vertical-align: 3px;
        letter-spacing: 0;
      }
      .row .button {
        min-inline-size: 128px;
      }
      .decides {
        margin-block-start: 12px;
        font-size: 14px;
      }
    `,
  ];

  @property() userId = "";
  @state() private link: SignInLink | undefined;
  @state() private busy = false;
  @query("causerie-dialog") private dialog!: Dialog;
  private subscription: SubscriptionRead | undefined;
  private readonly found = new Loader<UserRead>(this, async () => {
    const [user, subscription] = await Promise.all([
      this.client.api.get<UserRead>(this.path),
      this.client.api.get<SubscriptionRead>(`${this.path}/subscription`).catch(() => undefined),
    ]);
    this.subscription = subscription;
    return user;
  });

  private get path(): string {
    return `/api/admin/users/${this.userId}`;
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.get("userId")) void this.found.load();
  }

  override render(): TemplateResult {
    return html`<a class="back" href="/admin/users">${t("users.all")}</a>${this.found.render((user) => this.page(user))}`;
  }

  private page(user: UserRead): TemplateResult {
    const name = user.name || user.email || user.externalId || user.id;
    const own = user.id === this.client.user.value?.id;
    return html`
      <h1 dir="auto">${name}${tags(user)}</h1>
      ${this.facts(user)}
      <section>
        <h2>${t("users.rights")}</h2>
        <div class="line">
          ${user.issuer
            ? nothing
            : html`<causerie-select name="role" label=${t("users.role")} .value=${user.role} ?disabled=${this.busy}
                .choices=${[
                  { id: "user", label: t("users.role.user") },
                  { id: "admin", label: t("users.role.admin") },
                ]}
                @causerie-change=${(event: CustomEvent<string>) => this.change({ role: event.detail })}></causerie-select>`}
          <causerie-select name="plan" label=${t("users.plan")} .value=${user.planSource === "chosen" ? user.plan : ""} ?disabled=${this.busy}
            .choices=${[{ id: "", label: t("users.planUnchosen") }, ...PLANS.map((id) => ({ id, label: t("account.plan", { plan: planName(id) }) }))]}
            @causerie-change=${(event: CustomEvent<string>) => this.change({ plan: event.detail || null })}></causerie-select>
        </div>
        <p class="muted decides">${this.decides(user)}</p>
      </section>
      <section>
        <h2>${t("users.entrance")}</h2>
        <ul class="rows">
          ${this.deed(t("users.signOut"), t("users.signOutText"), t("account.out"), this.signOut)}
          ${own || user.deletionRequestedAt
            ? nothing
            : user.suspendedAt
              ? this.deed(t("users.resume"), t("users.suspendedSince", { at: full(user.suspendedAt, locale()) }), t("users.resumeDo"), () =>
                  this.change({ suspended: false }))
              : this.deed(t("users.suspend"), t("users.suspendText"), t("users.suspendDo"), () => this.change({ suspended: true }))}
          ${user.issuer || user.suspendedAt || user.deletionRequestedAt
            ? nothing
            : this.deed(t("users.link"), t("users.linkText"), t("users.makeLink"), this.makeLink)}
          ${this.link
            ? html`<li class="row"><causerie-once class="what" heading=${t("users.link")} .value=${this.link.url} copy=${t("users.copyLink")}
                note=${t("users.linkNote", { at: full(this.link.expiresAt, locale()) })}></causerie-once></li>`
            : nothing}
          ${own || user.deletionRequestedAt
            ? nothing
            : this.deed(t("users.delete"), t("users.deleteText"), t("users.deleteDo"), () => this.dialog.show(), true)}
        </ul>
      </section>
      <section>
        <h2>${t("users.giveTitle")}</h2>
        <p class="muted">${t("users.giveNote")}</p>
        <causerie-booking .userId=${user.id} .name=${name} .workspaces=${user.workspaces} @causerie-changed=${() => void this.found.load()}></causerie-booking>
      </section>
      <section>
        <h2>${t("users.turns")}</h2>
        <p class="muted">${t("users.turnsText")}</p>
        <causerie-user-turns .userId=${user.id} @causerie-changed=${() => void this.found.load()}></causerie-user-turns>
        <p class="more"><a href=${`/admin/costs?range=24h&creatorId=${user.id}`}>${t("users.costs")}</a></p>
      </section>
      <causerie-dialog heading=${t("users.deleteConfirm", { name })}>
        <p>${t("users.deleteConfirmText")}</p>
        <button slot="deeds" class="button" type="button" @click=${() => this.dialog.close()}>${t("cancel")}</button>
        <button slot="deeds" class="button danger" type="button" @click=${this.expel}>${t("users.deleteDo")}</button>
      </causerie-dialog>
    `;
  }

  /** Which of the three holds: what an admin chose, the subscription, or neither. */
  private decides(user: UserRead): string {
    const { subscription: standing } = this.subscription ?? {};
    const plan = t("account.plan", { plan: planName(user.plan) });
    const words = t(`users.plan.${user.planSource}`, { plan });
    if (!standing) return words;
    const paid = t(standing.endsAt ? "users.subscribedUntil" : "users.subscribed", {
      plan: t("account.plan", { plan: planName(standing.tier) }),
      from: utcDate(standing.startsAt, locale()),
      to: standing.endsAt ? utcDate(standing.endsAt, locale()) : "",
    });
    return `${words} ${paid}`;
  }

  private facts(user: UserRead): TemplateResult {
    const { spentUsd, limitUsd, heldUsd } = user.month;
    const spent = usd(spentUsd, locale());
    const facts: [string, unknown][] = [
      [t("signIn.email"), user.email],
      [t("users.host"), user.issuer && t("users.of", { id: user.externalId ?? "", issuer: user.issuer })],
      [t("users.id"), user.id],
      [t("users.since"), full(user.createdAt, locale())],
      [t("quota.credits"), t("users.credits", { spendable: credits(user.spendable, locale()), held: credits(user.held, locale()) })],
      [t("quota.thisMonth"), limitUsd === null ? spent : t("quota.month", { spent, limit: usd(limitUsd, locale()) })],
      [t("users.heldMonth"), isZero(heldUsd) ? "" : usd(heldUsd, locale())],
      [t("page.keys"), user.keys],
      [t("page.workspaces"), user.workspaces.map(({ name, role }) => `${name} (${role})`).join(", ")],
      [t("audit.title"), html`<a href=${`/admin/audit?targetId=${user.id}`}>${t("users.audit")}</a>`],
    ];
    return html`<dl>${facts.map(([name, value]) =>
      value === null || value === "" ? nothing : html`<dt>${name}</dt><dd dir="auto">${value}</dd>`)}</dl>`;
  }

  private deed(name: string, text: string, words: string, run: () => unknown, grave = false): TemplateResult {
    return html`<li class="row">
      <div class="what">${name}<small>${text}</small></div>
      <div class="deeds"><button class="button ${grave ? "danger" : ""}" type="button" ?disabled=${this.busy} @click=${run}>${words}</button></div>
    </li>`;
  }

  private readonly makeLink = (): Promise<void> =>
    this.attempt(async () => {
      this.link = await this.client.api.post<SignInLink>(`${this.path}/sign-in-link`);
    });

  private readonly signOut = (): Promise<void> =>
    this.attempt(() => this.client.api.post(`${this.path}/sign-out`), t("users.signedOut"));

  private change(what: { role?: string; plan?: string | null; suspended?: boolean }): Promise<void> {
    // It lets nobody in who is kept out.
    if (what.suspended) this.link = undefined;
    return this.attempt(() => this.client.api.patch(this.path, what), t("users.changed"));
  }

  private async expel(): Promise<void> {
    this.dialog.close();
    try {
      await this.client.api.delete(this.path);
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
      return;
    }
    this.tell("navigate", { path: "/admin/users" });
    this.tell("toast", { text: t("users.deleted") });
  }

  private async attempt(deed: () => Promise<unknown>, words = ""): Promise<void> {
    this.busy = true;
    try {
      await deed();
      if (words) this.tell("toast", { text: words });
    } catch (error) {
      this.tell("toast", { text: said(error), bad: true });
    }
    await this.found.load();
    this.busy = false;
    // What was refused is as it was before, and the choices show that again.
    const user = this.found.value;
    for (const select of this.renderRoot.querySelectorAll("causerie-select")) {
      if (user) select.value = select.name === "role" ? user.role : user.planSource === "chosen" ? user.plan : "";
    }
  }
}

define("causerie-user", UserPage);
