// One quick reply, new or changed.
import { html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import type { QuickReplyView } from "../core/wire.gen.js";
import { DraftForm } from "../ui/draft-form.js";
import "../ui/area.js";
import { base, buttons, define } from "../ui/element.js";
import { editors } from "../ui/editor.js";
import { forms } from "../ui/form.js";
import { sections } from "../ui/page.js";

const PATH = "/api/ai/quick-replies";

export class QuickReplyForm extends DraftForm<{ title: string; text: string; category: string }> {
  static override styles = [base, buttons, forms, sections, editors];

  @property({ attribute: false }) reply: QuickReplyView | null = null;
  /** Those in use. */
  @property({ attribute: false }) categories: readonly string[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    const { title = "", text = "", category = t("replies.general") } = this.reply ?? {};
    this.begin({ title, text, category });
  }

  protected override firstUpdated(): void {
    this.fields[0]?.focus();
  }

  override render(): TemplateResult {
    const { title, text, category } = this.draft;
    return html`<form novalidate @submit=${this.submit} @input=${this.typed}>
      <h2>${t(this.reply ? "replies.change" : "replies.new")}</h2>
      <causerie-field name="title" maxlength="200" label=${t("replies.title")} hint=${t("replies.titleHint")} .initial=${title}
        .problem=${this.faults["title"] ?? ""}></causerie-field>
      <causerie-area name="text" maxlength="5000" label=${t("replies.reply")} .initial=${text} .problem=${this.faults["text"] ?? ""}></causerie-area>
      <causerie-field name="category" maxlength="100" label=${t("replies.category")} .initial=${category} .suggestions=${this.categories}
        .problem=${this.faults["category"] ?? ""}></causerie-field>
      ${this.complaint()}
      ${this.closing(t("replies.save"))}
    </form>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (!this.filled()) return;
    const { title, text, category } = this.draft;
    const body = { title: title.trim(), text, category: category.trim() };
    const saved = await this.attempt(async () => {
      if (this.reply) await this.client.api.patch(`${PATH}/${this.reply.id}`, body);
      else await this.client.api.post(PATH, body);
      this.settle(this.draft);
    });
    if (!saved) return;
    this.tell("toast", { text: t("replies.saved") });
    this.tell("saved");
  }
}

define("causerie-quick-reply-form", QuickReplyForm);
