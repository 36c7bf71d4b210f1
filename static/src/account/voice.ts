// How agents speak for somebody, and which model each of them has; or a questionnaire that says it.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { live } from "lit/directives/live.js";

import { agentName } from "../core/agents.js";
import type { ModelsState } from "../core/client.js";
import { t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import type { AgentList, ConfigurationView, ReplaceConfiguration } from "../core/wire.gen.js";
import { DraftForm } from "../ui/draft-form.js";
import "../ui/area.js";
import { base, buttons, define } from "../ui/element.js";
import { forms } from "../ui/form.js";
import { Loader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";
import "../ui/select.js";
import "../ui/tags.js";
import { isGone, modelChoices } from "./agents-words.js";
import { languageChoices } from "./languages.js";
import "./questionnaire.js";

const PATH = "/api/ai/config";

interface Draft {
  name: string;
  language: string;
  isFanLanguage: boolean;
  tone: string;
  personality: string;
  brandVoice: string;
  forbiddenTopics: readonly string[];
  models: Readonly<Record<string, string>>;
  moderation: "rules" | "model";
}

const draftOf = (view: ConfigurationView): Draft => ({
  name: view.name ?? "",
  language: view.language ?? "",
  isFanLanguage: view.isFanLanguage,
  tone: view.tone ?? "",
  personality: view.personality ?? "",
  brandVoice: view.brandVoice ?? "",
  forbiddenTopics: view.forbiddenTopics,
  models: view.models,
  moderation: view.moderation,
});

const bodyOf = (draft: Draft): ReplaceConfiguration => ({
  ...draft,
  forbiddenTopics: [...draft.forbiddenTopics],
  name: draft.name.trim() || null,
  language: draft.language || null,
  tone: draft.tone.trim() || null,
  personality: draft.personality.trim() || null,
  brandVoice: draft.brandVoice.trim() || null,
});

export class Voice extends DraftForm<Draft> {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    pages,
    css`
      .fields {
        display: grid;
        gap: 20px;
        max-inline-size: 560px;
        margin-block-start: 16px;
      }
      .two {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(280px, 100%), 1fr));
        gap: 16px 20px;
        max-inline-size: 720px;
        margin-block-start: 16px;
      }
      form > .problem {
        margin-block-start: 24px;
      }
      .ask {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 16px;
        margin-block-start: 16px;
      }
      form > .line {
        margin-block-start: 32px;
      }
    `,
  ];

  private readonly models = new StoreController(this, (value: ModelsState) => value);
  @state() private asking = false;
  @state() private agents: AgentList = { builtIn: [], items: [] };
  private readonly found = new Loader<ConfigurationView>(this, () => this.read());

  private async read(): Promise<ConfigurationView> {
    const [configuration, agents] = await Promise.all([
      this.client.api.get<ConfigurationView>(PATH),
      this.client.api.get<AgentList>("/api/agents"),
    ]);
    this.agents = agents;
    this.begin(draftOf(configuration));
    return configuration;
  }

  override render(): TemplateResult {
    return html`
      <h1 tabindex="-1">${t("page.voice")}</h1>
      <p class="muted lead">${t("voice.text")}</p>
      ${this.found.render(({ updatedAt }) =>
        this.asking
          ? html`<causerie-questionnaire @causerie-left=${this.left} @causerie-applied=${this.applied}></causerie-questionnaire>`
          : html`<p class="ask">${updatedAt ? nothing : html`<span>${t("voice.empty")}</span>`}
              <button class="button ${updatedAt ? "" : "primary"}" type="button" @click=${this.ask}>${t("voice.ask")}</button></p>
              ${keyed(this.round, this.form())}`,
      )}`;
  }

  private form(): TemplateResult {
    const { draft } = this;
    return html`<form novalidate @submit=${this.submit} @input=${this.typed}>
      <section>
        <h2>${t("voice.sound")}</h2>
        <div class="fields">
          ${this.line("name", t("voice.name"), t("voice.nameHint"))}
          ${this.line("tone", t("voice.tone"), t("voice.toneHint"))}
          ${this.paragraph("personality", t("voice.personality"), t("voice.personalityHint"))}
          ${this.paragraph("brandVoice", t("voice.brandVoice"), t("voice.brandVoiceHint"))}
        </div>
      </section>
      <section>
        <h2>${t("voice.languages")}</h2>
        <div class="fields">
          <causerie-select name="language" label=${t("voice.language")} hint=${t("voice.languageHint")} .value=${draft.language}
            .choices=${[{ id: "", label: t("voice.languageNone") }, ...languageChoices()]} .problem=${this.faults["language"] ?? ""}
            @causerie-change=${(event: CustomEvent<string>) => this.put({ language: event.detail })}></causerie-select>
          <label class="check"><input type="checkbox" role="switch" .checked=${live(draft.isFanLanguage)}
            @change=${(event: Event) => this.put({ isFanLanguage: (event.target as HTMLInputElement).checked })} />
            <span>${t("voice.fanLanguage")}<small>${t("voice.fanLanguageText")}</small></span></label>
        </div>
      </section>
      <section>
        <h2>${t("voice.limits")}</h2>
        <div class="fields">
          <causerie-tags name="forbiddenTopics" least="2" label=${t("voice.topics")} hint=${t("voice.topicsHint")} .value=${draft.forbiddenTopics}
            .problem=${this.faults["forbiddenTopics"] ?? ""}
            @causerie-change=${(event: CustomEvent<readonly string[]>) => this.put({ forbiddenTopics: event.detail })}></causerie-tags>
          <fieldset>
            <legend>${t("voice.moderation")}</legend>
            ${this.moderation("model", t("voice.moderationModel"), t("voice.moderationModelText"))}
            ${this.moderation("rules", t("voice.moderationRules"), t("voice.moderationRulesText"))}
          </fieldset>
        </div>
      </section>
      <section>
        <h2>${t("voice.models")}</h2>
        <p class="muted">${t("voice.modelsText")}</p>
        <div class="two">${this.agents.builtIn.map(({ name, description }) => this.model(name, description))}</div>
      </section>
      ${this.complaint()}
      ${this.deeds(t("voice.save"))}
    </form>`;
  }

  private line(name: "name" | "tone", label: string, hint: string): TemplateResult {
    return html`<causerie-field name=${name} optional maxlength="200" label=${label} hint=${hint} .initial=${this.draft[name]}
      .problem=${this.faults[name] ?? ""}></causerie-field>`;
  }

  private paragraph(name: "personality" | "brandVoice", label: string, hint: string): TemplateResult {
    return html`<causerie-area name=${name} optional maxlength="2000" label=${label} hint=${hint} .initial=${this.draft[name]}
      .problem=${this.faults[name] ?? ""}></causerie-area>`;
  }

  private moderation(value: "rules" | "model", label: string, text: string): TemplateResult {
    return html`<label class="check"><input type="radio" name="moderation" .checked=${live(this.draft.moderation === value)}
      @change=${() => this.put({ moderation: value })} /><span>${label}<small>${text}</small></span></label>`;
  }

  private model(agent: string, description: string): TemplateResult {
    const { items } = this.models.follow(this.client.models) ?? { items: [] };
    const chosen = this.draft.models[agent] ?? null;
    const fault = this.faults[`models.${agent}`] ?? (isGone(items, chosen) ? t("agents.goneText") : "");
    const none = t(agent === "team" || !this.draft.models["team"] ? "voice.modelDefault" : "voice.modelTeam");
    return html`<causerie-select name=${`models.${agent}`} label=${agentName(agent)} hint=${description} .problem=${fault} .value=${chosen ?? ""}
      .choices=${modelChoices(items, chosen, none)}
      @causerie-change=${(event: CustomEvent<string>) => this.choose(agent, event.detail)}></causerie-select>`;
  }

  private choose(agent: string, model: string): void {
    const { [agent]: _, ...others } = this.draft.models;
    this.put({ models: model ? { ...others, [agent]: model } : others });
  }

  private readonly submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!this.filled()) return;
    const saved = await this.attempt(async () => {
      this.settle(draftOf(await this.client.api.put<ConfigurationView>(PATH, bodyOf(this.draft))));
    });
    if (saved) this.tell("toast", { text: t("voice.saved") });
  };

  private async ask(): Promise<void> {
    this.asking = true;
    await this.announce();
  }

  private readonly left = async (): Promise<void> => {
    this.asking = false;
    await this.announce();
  };

  private readonly applied = async (event: CustomEvent<ConfigurationView>): Promise<void> => {
    this.found.value = event.detail;
    this.begin(draftOf(event.detail));
    this.tell("toast", { text: t("voice.applied") });
    await this.left();
  };
}

define("causerie-voice", Voice);
