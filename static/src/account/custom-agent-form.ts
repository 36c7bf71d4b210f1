// One agent of one's own, new or changed.
import { html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";
import { live } from "lit/directives/live.js";

import type { ModelsState } from "../core/client.js";
import { t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { CustomAgentView } from "../core/wire.gen.js";
import { DraftForm } from "../ui/draft-form.js";
import "../ui/area.js";
import { editors } from "../ui/editor.js";
import { base, buttons, define } from "../ui/element.js";
import { forms } from "../ui/form.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";
import { isGone, modelChoices } from "./agents-words.js";
import { toolName, TOOLS } from "./tools.js";

interface Draft {
  name: string;
  description: string;
  instructions: string;
  model: string | null;
  tools: readonly string[];
}

export class CustomAgentForm extends DraftForm<Draft> {
  static override styles = [base, buttons, forms, sections, editors];

  @property({ attribute: false }) agent: CustomAgentView | null = null;
  private readonly models = new StoreController(this, (value: ModelsState) => value);

  override connectedCallback(): void {
    super.connectedCallback();
    const { name = "", description = "", instructions = "", model = null, tools = [] } = this.agent ?? {};
    this.begin({ name, description, instructions, model, tools });
  }

  protected override firstUpdated(): void {
    this.fields[0]?.focus();
  }

  override render(): TemplateResult {
    const { name, description, instructions, model, tools } = this.draft;
    const { items } = this.models.follow(this.client.models) ?? { items: [] };
    return html`<form novalidate @submit=${this.submit} @input=${this.typed}>
      <h2>${t(this.agent ? "agents.change" : "agents.new")}</h2>
      <causerie-field name="name" maxlength="200" label=${t("agents.label")} .initial=${name} .problem=${this.faults["name"] ?? ""}></causerie-field>
      <causerie-field name="description" optional maxlength="1000" label=${t("agents.description")} hint=${t("agents.descriptionHint")}
        .initial=${description} .problem=${this.faults["description"] ?? ""}></causerie-field>
      <causerie-area name="instructions" tall maxlength="16000" label=${t("agents.instructions")} hint=${t("agents.instructionsHint")}
        .initial=${instructions} .problem=${this.faults["instructions"] ?? ""}></causerie-area>
      <causerie-select name="model" label=${t("agents.model")} .value=${model ?? ""} .choices=${modelChoices(items, model, t("agents.usualModel"))}
        .problem=${this.faults["model"] ?? (isGone(items, model) ? t("agents.goneText") : "")}
        @causerie-change=${(event: CustomEvent<string>) => this.put({ model: event.detail || null })}></causerie-select>
      <fieldset>
        <legend>${t("agents.tools")}</legend>
        ${[...new Set([...TOOLS, ...tools])].map((tool) => html`<label class="check"><input type="checkbox" .checked=${live(tools.includes(tool))}
          @change=${() => this.toggle(tool)} /><span>${toolName(tool)}</span></label>`)}
      </fieldset>
      ${this.complaint()}
      ${this.closing(t("agents.save"))}
    </form>`;
  }

  private toggle(tool: string): void {
    const { tools } = this.draft;
    this.put({ tools: tools.includes(tool) ? tools.filter((one) => one !== tool) : [...tools, tool] });
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (!this.filled()) return;
    const saved = await this.attempt(async () => {
      if (this.agent) await this.client.api.patch(`/api/agents/${this.agent.id}`, this.draft);
      else await this.client.api.post("/api/agents", this.draft);
      this.settle(this.draft);
    });
    if (!saved) return;
    this.tell("toast", { text: t("agents.saved") });
    this.tell("saved");
  }
}

define("causerie-custom-agent-form", CustomAgentForm);
