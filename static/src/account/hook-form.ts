// One webhook, new or changed: where to, and which events.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";

import { t } from "../core/i18n.js";
import type { CreateHook, EventView, HookCreated, HookView } from "../core/wire.gen.js";
import { DraftForm } from "../ui/draft-form.js";
import { editors } from "../ui/editor.js";
import { base, buttons, define } from "../ui/element.js";
import { forms } from "../ui/form.js";
import { sections } from "../ui/page.js";
import { eventWords } from "./hook-words.js";

const PATH = "/api/ai/hooks";

type Name = CreateHook["events"][number];

export class HookForm extends DraftForm<{ url: string; description: string; events: readonly Name[] }> {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    editors,
    css`
      pre {
        max-inline-size: 100%;
        margin: 8px 0 0;
        padding: 12px;
        border-radius: var(--radius-small);
        background: var(--sunken);
        font: 13px/1.5 var(--mono);
        overflow-x: auto;
      }
      summary {
        inline-size: fit-content;
        padding-block: 4px;
        color: var(--accent);
        font-size: 13px;
        cursor: pointer;
      }
      details {
        padding-inline-start: 28px;
      }
    `,
  ];

  @property({ attribute: false }) hook: HookView | null = null;
  @property({ attribute: false }) events: readonly EventView[] = [];
  @property({ type: Boolean }) admin = false;
  @state() private none = false;

  override connectedCallback(): void {
    super.connectedCallback();
    const { url = "", description = "", events = [] } = this.hook ?? {};
    this.begin({ url, description, events });
  }

  protected override firstUpdated(): void {
    this.fields[0]?.focus();
  }

  override render(): TemplateResult {
    const { url, description } = this.draft;
    const offered = this.events.filter(({ event, forAdmins }) => event !== "webhook.test" && (this.admin || !forAdmins));
    return html`<form novalidate @submit=${this.submit} @input=${this.typed}>
      <h2>${t(this.hook ? "hooks.change" : "hooks.new")}</h2>
      <causerie-field name="url" type="url" maxlength="2000" label=${t("hooks.url")} hint=${t("hooks.urlHint")} .initial=${url}
        .problem=${this.faults["url"] ?? ""}></causerie-field>
      <causerie-field name="description" optional maxlength="200" label=${t("hooks.description")} .initial=${description}
        .problem=${this.faults["description"] ?? ""}></causerie-field>
      <fieldset>
        <legend>${t("hooks.events")}</legend>
        ${offered.map((event) => this.event(event))}
        ${this.none ? html`<p class="problem" role="alert">${t("hooks.noEvents")}</p>` : nothing}
      </fieldset>
      ${this.complaint()}
      ${this.closing(t("hooks.save"))}
    </form>`;
  }

  private event({ event, example }: EventView): TemplateResult {
    const name = event as Name;
    return html`<div><label class="check"><input type="checkbox" .checked=${live(this.draft.events.includes(name))} @change=${() => this.toggle(name)} />
        <span>${eventWords(name)}<small><code>${name}</code></small></span></label>
      <details><summary>${t("hooks.example")}</summary><pre tabindex="0">${JSON.stringify(example, null, 2)}</pre></details></div>`;
  }

  private toggle(name: Name): void {
    const { events } = this.draft;
    this.put({ events: events.includes(name) ? events.filter((one) => one !== name) : [...events, name] });
    this.none = false;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const whole = this.filled();
    this.none = !this.draft.events.length;
    if (!whole || this.none) return;
    const { url, description, events } = this.draft;
    const body = { url: url.trim(), description: description.trim(), events: [...events] } satisfies CreateHook;
    let made: HookCreated | undefined;
    const saved = await this.attempt(async () => {
      if (this.hook) await this.client.api.patch(`${PATH}/${this.hook.id}`, body);
      else made = await this.client.api.post<HookCreated>(PATH, body);
      this.settle(this.draft);
    });
    if (!saved) return;
    if (made) this.tell("made", made);
    else this.tell("toast", { text: t("hooks.saved") });
    this.tell("saved");
  }
}

define("causerie-hook-form", HookForm);
