// One preset, new or changed: what it is called, and how it answers.
import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";

import type { ModelsState } from "../core/client.js";
import { locale, t } from "../core/i18n.js";
import type { Page } from "../core/resources.js";
import { StoreController } from "../core/store.js";
import type { AgentList, ChangePreset, CreatePreset, PresetView, TurnParams, WorkspaceView } from "../core/wire.gen.js";
import { DraftForm } from "../ui/draft-form.js";
import "../ui/area.js";
import { editors } from "../ui/editor.js";
import { base, buttons, define } from "../ui/element.js";
import { forms } from "../ui/form.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";
import "../ui/slider.js";
import { agentChoices, isGone, modelChoices } from "./agents-words.js";

const PATH = "/api/presets";

/** What a slider offers at most: more than any answer that somebody reads. A larger one that is kept stays. */
const LONGEST = 16_384;

interface Draft extends Omit<Required<CreatePreset>, "workspaceId"> {
  params: TurnParams;
  workspaceId: string;
}

type Adjustable = "temperature" | "topP" | "maxOutputTokens";

export class PresetEditor extends DraftForm<Draft> {
  static override styles = [base, buttons, forms, sections, editors];

  @property({ attribute: false }) preset: PresetView | null = null;
  /** What a new one begins with. */
  @property({ attribute: false }) copy: PresetView | undefined;
  @property({ attribute: false }) agents!: AgentList;
  @property({ attribute: false }) categories: readonly string[] = [];
  /** Shared workspaces that it can be made in. */
  @state() private workspaces: readonly WorkspaceView[] = [];
  private readonly models = new StoreController(this, (value: ModelsState) => value);

  override connectedCallback(): void {
    super.connectedCallback();
    const like = this.preset ?? this.copy;
    this.begin({
      name: like?.name ?? "",
      category: like?.category ?? t("presets.general"),
      description: like?.description ?? "",
      agent: like?.agent ?? null,
      model: like?.model ?? null,
      params: like?.params ?? {},
      instructions: like?.instructions ?? "",
      shared: this.preset?.shared ?? false,
      workspaceId: this.preset?.workspaceId ?? "",
    });
  }

  protected override firstUpdated(): void {
    this.fields[0]?.focus();
    void this.readWorkspaces();
  }

  private async readWorkspaces(): Promise<void> {
    try {
      const { items } = await this.client.api.get<Page<WorkspaceView>>("/api/workspaces?limit=200");
      this.workspaces = items.filter(({ personal }) => !personal);
    } catch {
      // Without them a preset is one's own, which the page says.
    }
  }

  override render(): TemplateResult {
    const { name, category, description, agent, model, instructions } = this.draft;
    const { items } = this.models.follow(this.client.models) ?? { items: [] };
    const gone = isGone(items, model);
    return html`<form novalidate @submit=${this.submit} @input=${this.typed}>
      <h2>${t(this.preset ? "presets.change" : "presets.new")}</h2>
      <div class="pair">
        <causerie-field name="name" maxlength="100" label=${t("presets.name")} .initial=${name} .problem=${this.faults["name"] ?? ""}></causerie-field>
        <causerie-field name="category" maxlength="100" label=${t("presets.category")} .initial=${category} .suggestions=${this.categories}
          .problem=${this.faults["category"] ?? ""}></causerie-field>
      </div>
      <causerie-field name="description" optional maxlength="1000" label=${t("presets.description")} .initial=${description}
        .problem=${this.faults["description"] ?? ""}></causerie-field>
      <div class="pair">
        <causerie-select name="agent" label=${t("presets.agent")} .value=${agent ?? ""} .choices=${agentChoices(this.agents, agent, t("presets.anyAgent"))}
          .problem=${this.faults["agent"] ?? ""}
          @causerie-change=${(event: CustomEvent<string>) => this.put({ agent: event.detail || null })}></causerie-select>
        <causerie-select name="model" label=${t("presets.model")} .value=${model ?? ""} .choices=${modelChoices(items, model, t("presets.anyModel"))}
          .problem=${this.faults["model"] ?? (gone ? t("agents.goneText") : "")}
          @causerie-change=${(event: CustomEvent<string>) => this.put({ model: event.detail || null })}></causerie-select>
      </div>
      <causerie-area name="instructions" optional tall maxlength="16000" label=${t("presets.instructions")} hint=${t("presets.instructionsHint")}
        .initial=${instructions} .problem=${this.faults["instructions"] ?? ""}></causerie-area>
      <div class="pair">
        ${this.slider("temperature", t("presets.temperature"), 0, 2, 0.1, 1)}
        ${this.slider("topP", t("presets.topP"), 0.05, 1, 0.05, 1)}
        ${this.slider("maxOutputTokens", t("presets.maxOutput"), 64, Math.max(LONGEST, this.draft.params.maxOutputTokens ?? 0), 64, 1_024)}
      </div>
      ${this.sharing()}
      ${this.complaint()}
      ${this.closing(t("presets.save"))}
    </form>`;
  }

  private slider(name: Adjustable, label: string, min: number, max: number, step: number, rest: number): TemplateResult {
    const words = (value: number | undefined): string =>
      value === undefined ? t("presets.left") : new Intl.NumberFormat(locale()).format(value);
    return html`<causerie-slider label=${label} .min=${min} .max=${max} .step=${step} .rest=${rest} .value=${this.draft.params[name]}
      .words=${words} reset=${t("presets.leave")}
      @causerie-change=${(event: CustomEvent<number | null>) => this.adjust(name, event.detail ?? undefined)}></causerie-slider>`;
  }

  private adjust(name: Adjustable, value: number | undefined): void {
    const { [name]: _before, ...rest } = this.draft.params;
    this.put({ params: value === undefined ? rest : { ...rest, [name]: value } });
  }

  /** A preset belongs to the workspace that it was made in; where there is none but one's own, nobody sees it. */
  private sharing(): TemplateResult | typeof nothing {
    const { workspaceId, shared } = this.draft;
    if (!this.workspaces.length) return nothing;
    const inShared = this.workspaces.some(({ id }) => id === workspaceId);
    return html`<fieldset>
      <legend>${t("presets.sharing")}</legend>
      ${this.preset
        ? nothing
        : html`<causerie-select name="workspaceId" label=${t("presets.workspace")} .value=${workspaceId}
            .choices=${[{ id: "", label: t("presets.mine") }, ...this.workspaces.map(({ id, name }) => ({ id, label: name }))]}
            @causerie-change=${(event: CustomEvent<string>) => this.put({ workspaceId: event.detail, shared: event.detail !== "" })}></causerie-select>`}
      ${inShared
        ? html`<label class="check"><input type="checkbox" role="switch" .checked=${live(shared)}
            @change=${(event: Event) => this.put({ shared: (event.target as HTMLInputElement).checked })} />
            <span>${t("presets.share", { name: this.workspaces.find(({ id }) => id === workspaceId)?.name ?? "" })}<small>${t("presets.shareText")}</small></span></label>`
        : this.preset
          ? html`<p class="muted">${t("presets.alone")}</p>
            <p><button class="button small" type="button" @click=${() => this.tell("copy", { ...this.preset, ...this.draft })}>${t("presets.copyToShare")}</button></p>`
          : nothing}
    </fieldset>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (!this.filled()) return;
    const { workspaceId, ...content } = this.draft;
    const saved = await this.attempt(async () => {
      if (this.preset) await this.client.api.patch(`${PATH}/${this.preset.id}`, content satisfies ChangePreset);
      else await this.client.api.post(PATH, { ...content, ...(workspaceId ? { workspaceId } : {}) } satisfies CreatePreset);
      this.settle(this.draft);
    });
    if (!saved) return;
    this.tell("toast", { text: t("presets.saved") });
    this.tell("saved");
  }
}

define("causerie-preset-editor", PresetEditor);
