// An archive of everything that is one's own: asked for, prepared in the background, downloaded.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { full } from "../core/time.js";
import type { ExportView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { FormElement, forms } from "../ui/form.js";
import { sections } from "../ui/page.js";
import { bytes } from "./bytes.js";

/** Often enough to see it move. */
const LOOK_MS = 1_000;

export class Export extends FormElement {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      .state:not(:empty) {
        margin-block: 16px 8px;
      }
      progress {
        inline-size: min(320px, 100%);
        block-size: 8px;
        accent-color: var(--accent);
      }
      .deeds {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-block-start: 16px;
      }
    `,
  ];

  /** The one asked for last, as it was when the page opened. */
  @property({ attribute: false }) newest: ExportView | undefined;
  @state() private current: ExportView | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    clearTimeout(this.timer);
    super.disconnectedCallback();
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("newest")) this.follow(this.newest);
  }

  override render(): TemplateResult {
    const now = this.current;
    const open = now?.state === "waiting" || now?.state === "working";
    return html`<section aria-labelledby="heading">
      <h2 id="heading">${t("export.title")}</h2>
      <p class="muted">${t("export.text")}</p>
      <div class="state" role="status">${this.words(now)}</div>
      ${open && now.total
        ? html`<progress max=${now.total} .value=${now.done} aria-label=${t("export.progress")}></progress>`
        : nothing}
      ${this.complaint()}
      ${open
        ? nothing
        : html`<div class="deeds">
            ${now?.state === "ready"
              ? html`<a class="button primary" href=${`/api/exports/${now.id}/download`} download>${t("export.download")}</a>`
              : nothing}
            <button class="button" type="button" ?disabled=${this.busy} @click=${this.ask}>
              ${t(now ? "export.again" : "export.ask")}
            </button>
          </div>`}
    </section>`;
  }

  private words(now: ExportView | undefined): TemplateResult | typeof nothing {
    switch (now?.state) {
      case "waiting":
        return html`<p>${t("export.waiting")} ${t("export.leave")}</p>`;
      case "working":
        return html`<p>
          ${now.total ? t("export.working", { done: now.done, total: now.total }) : t("export.begun")} ${t("export.leave")}
        </p>`;
      case "ready":
        return html`<p>${t("export.ready", {
          at: full(now.createdAt, locale()),
          size: bytes(now.size ?? 0, locale()),
          until: now.expiresAt ? full(now.expiresAt, locale()) : "",
        })}</p>`;
      case "failed":
        return html`<p>${t("export.failed")}</p>`;
      default:
        return nothing;
    }
  }

  private readonly ask = (): Promise<boolean> =>
    this.attempt(async () => {
      this.follow(await this.client.api.post<ExportView>("/api/exports"));
    });

  private follow(found: ExportView | undefined): void {
    this.current = found;
    clearTimeout(this.timer);
    if (found?.state === "waiting" || found?.state === "working") {
      this.timer = setTimeout(() => void this.look(found.id), LOOK_MS);
    }
  }

  private async look(id: string): Promise<void> {
    const found = await this.client.api.get<ExportView>(`/api/exports/${id}`).catch(() => this.current);
    if (this.isConnected) this.follow(found);
  }
}

define("causerie-export", Export);
