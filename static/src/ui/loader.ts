// Something read from the server: on its way, there, or failed with the server's words and a way to
// try again.
import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";

import { t } from "../core/i18n.js";
import type { Page } from "../core/resources.js";
import { said } from "../core/said.js";

export class Loader<T> implements ReactiveController {
  value: T | undefined;
  protected problem = "";
  private round = 0;

  constructor(
    protected readonly host: ReactiveControllerHost,
    private readonly read: () => Promise<T>,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    // The host's client comes from above and is there once it has rendered.
    void this.host.updateComplete.then(() => this.load());
  }

  /** Reads it again; what is shown stays until the answer is there. Of two answers the later question's counts. */
  async load(): Promise<void> {
    const round = ++this.round;
    try {
      const value = await this.read();
      if (round !== this.round) return;
      this.value = value;
      this.problem = "";
    } catch (error) {
      if (round !== this.round) return;
      this.problem = said(error);
    }
    this.host.requestUpdate();
  }

  get failed(): boolean {
    return this.problem !== "";
  }

  render(view: (value: T) => TemplateResult): TemplateResult {
    if (this.value !== undefined) return html`${this.failure()}${view(this.value)}`;
    return this.problem ? html`${this.failure()}` : html`<p class="loading" role="status">${t("loading")}…</p>`;
  }

  private failure(): TemplateResult | typeof nothing {
    if (!this.problem) return nothing;
    return html`<p class="failed" role="alert">${this.problem}
      <button class="button small" type="button" @click=${() => void this.load()}>${t("retry")}</button></p>`;
  }
}

/** A list by cursor: `load` begins it anew, `more` adds the next page. */
export class ListLoader<T> extends Loader<Page<T>> {
  constructor(
    host: ReactiveControllerHost,
    private readonly readPage: (cursor: string | undefined) => Promise<Page<T>>,
  ) {
    super(host, () => readPage(undefined));
  }

  /** Reads the newest page and lays it over the list, which keeps its length and its place. */
  async renew(key: (item: T) => string): Promise<void> {
    const known = this.value;
    if (!known) return this.load();
    try {
      const fresh = await this.readPage(undefined);
      if (this.value !== known) return;
      const keys = new Set(fresh.items.map(key));
      const older = known.items.filter((item) => !keys.has(key(item)));
      // More has come than a page holds: what lies between is not known, so the list begins anew.
      const joined = older.length < known.items.length || !known.items.length;
      if (!joined || fresh.nextCursor === null) this.value = fresh;
      else this.value = { ...fresh, items: [...fresh.items, ...older], nextCursor: older.length ? known.nextCursor : fresh.nextCursor };
      this.problem = "";
    } catch (error) {
      this.problem = said(error);
    }
    this.host.requestUpdate();
  }

  private async more(): Promise<void> {
    const known = this.value;
    if (!known?.nextCursor) return;
    try {
      const next = await this.readPage(known.nextCursor);
      // Somebody searched for something else meanwhile: this page belongs to the old list.
      if (this.value === known) this.value = { ...next, items: [...known.items, ...next.items] };
      this.problem = "";
    } catch (error) {
      this.problem = said(error);
    }
    this.host.requestUpdate();
  }

  rest(): TemplateResult | typeof nothing {
    if (!this.value?.nextCursor) return nothing;
    return html`<button class="button more" type="button" @click=${() => void this.more()}>${t("more")}</button>`;
  }
}
