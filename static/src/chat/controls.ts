// How this conversation is answered: by whom, with which preset, told what, how freely, how long.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import type { Adjustable } from "../core/choices.js";
import type { ModelsState } from "../core/client.js";
import { locale, t } from "../core/i18n.js";
import { count } from "../core/money.js";
import { allPresets, toChoose } from "../core/presets.js";
import { said } from "../core/said.js";
import { StoreController } from "../core/store.js";
import type { Thread, ThreadState } from "../core/thread.js";
import type { PresetView } from "../core/wire.gen.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import "../ui/slider.js";
import "./agent-picker.js";
import { choosing } from "./choosing.js";
import { lengths, modelOf } from "./context.js";
import "./figures.js";
import type { SavePreset } from "./save-preset.js";

/** What the server takes in instructions. */
const INSTRUCTIONS_MAX = 16_000;
/** What providers take where nobody says anything; where the thumb rests. */
const REST = { temperature: 1, topP: 1, maxOutputTokens: 1_024 };

export class Controls extends ClientElement {
  static override styles = [
    base,
    buttons,
    choosing,
    css`
      :host {
        display: grid;
        gap: 16px;
        padding: 16px;
      }
      causerie-figures {
        padding-block-end: 16px;
        border-block-end: 1px solid var(--line);
      }
    `,
  ];

  @property({ attribute: false }) thread!: Thread;
  @state() private presets: readonly PresetView[] | undefined;
  @state() private problem = "";
  @state() private saving = false;
  private readonly state = new StoreController(this, (value: ThreadState) => value);
  private readonly models = new StoreController(this, (value: ModelsState) => value);

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => this.read());
  }

  private readonly read = async (): Promise<void> => {
    this.problem = "";
    try {
      this.presets = await allPresets(this.client.api);
    } catch (error) {
      this.problem = said(error);
    }
  };

  override render(): TemplateResult {
    const { choices = {}, kept = {} } = this.state.follow(this.thread.state) ?? {};
    const models = this.models.follow(this.client.models)?.items ?? [];
    const model = modelOf(this.thread.model, models);
    const presetId = choices.presetId === undefined ? kept.presetId : choices.presetId;
    const preset = this.presets?.find(({ id }) => id === presetId);
    const mute = model && !model.samples ? t("controls.noSampling", { model: model.title }) : "";
    const steps = lengths(model?.outputTokens ?? 8_192);
    const near = (tokens: number): number => steps.reduce((best, step, at) => (step <= tokens ? at : best), 0);
    const most = choices.params?.maxOutputTokens;
    const plain = (value: number | undefined): string | undefined => value?.toLocaleString(locale());
    const words = (own: number | undefined) => (value: number | undefined) =>
      plain(value) ?? (own === undefined ? t("controls.default") : t("controls.fromPreset", { value: plain(own) ?? "" }));
    return html`
      <causerie-figures .thread=${this.thread}></causerie-figures>
      <causerie-agent-picker .value=${choices.agent ?? kept.agent ?? ""}
        @causerie-choose=${(event: CustomEvent<string>) => this.thread.sending.choose({ agent: event.detail })}></causerie-agent-picker>
      ${this.chooser(preset)}
      <label>${t("controls.instructions")}
        <textarea rows="3" dir="auto" maxlength=${INSTRUCTIONS_MAX} placeholder=${t("controls.instructionsHint")}
          .value=${choices.params?.instructions ?? ""} @change=${this.instructed}></textarea></label>
      ${this.slider("temperature", t("controls.temperature"), 2, mute, words(preset?.params.temperature), preset?.params.temperature)}
      <causerie-slider .label=${t("controls.length")} .min=${0} .max=${steps.length - 1} .step=${1}
        .value=${most === undefined ? undefined : near(most)} .rest=${near(preset?.params.maxOutputTokens ?? REST.maxOutputTokens)}
        .reset=${t("controls.reset", { name: t("controls.length") })}
        .words=${(at: number | undefined) => at === undefined ? words(preset?.params.maxOutputTokens)(undefined) : count(steps[at] ?? 0, locale())}
        @causerie-change=${(event: CustomEvent<number | null>) =>
          this.thread.sending.adjust("maxOutputTokens", event.detail === null ? undefined : steps[event.detail])}></causerie-slider>
      ${this.slider("topP", t("controls.topP"), 1, mute, words(preset?.params.topP), preset?.params.topP)}
      <button class="button" type="button" @click=${this.save}>${t("controls.save")}</button>
      ${this.saving
        ? html`<causerie-save-preset .thread=${this.thread} .categories=${[...new Set(this.presets?.map(({ category }) => category))]}
            @causerie-saved=${this.saved} @causerie-closed=${() => (this.saving = false)}></causerie-save-preset>`
        : nothing}`;
  }

  private slider(
    name: "temperature" | "topP",
    label: string,
    max: number,
    why: string,
    words: (value: number | undefined) => string,
    preset: number | undefined,
  ): TemplateResult {
    return html`<causerie-slider .label=${label} .min=${name === "topP" ? 0.05 : 0} .max=${max} .step=${0.05} .why=${why}
      .value=${this.thread.state.value.choices.params?.[name]} .rest=${preset ?? REST[name]} .words=${words}
      .reset=${t("controls.reset", { name: label })}
      @causerie-change=${(event: CustomEvent<number | null>) => this.adjust(name, event.detail)}></causerie-slider>`;
  }

  private adjust(name: Adjustable, value: number | null): void {
    this.thread.sending.adjust(name, value === null ? undefined : Math.round(value * 100) / 100);
  }

  private chooser(chosen: PresetView | undefined): TemplateResult {
    if (this.problem) {
      return html`<div role="alert"><p>${this.problem}</p>
        <button class="button small" type="button" @click=${this.read}>${t("retry")}</button></div>`;
    }
    const groups = toChoose(this.presets ?? []);
    return html`<div><label>${t("controls.preset")}
        <select ?disabled=${!this.presets} @change=${this.choosePreset}>
          <option value="" .selected=${!chosen}>${this.presets ? t("controls.noPreset") : t("loading")}</option>
          ${groups.map(
            ([category, items]) => html`<optgroup label=${category}>
              ${items.map(
                ({ id, name, own }) => html`<option value=${id} .selected=${id === chosen?.id}>${own
                  ? name
                  : t("controls.shared", { name })}</option>`,
              )}
            </optgroup>`,
          )}
        </select></label>
      ${chosen?.description ? html`<p dir="auto">${chosen.description}</p>` : nothing}
      ${this.presets && !this.presets.length ? html`<p>${t("controls.noPresets")}</p>` : nothing}</div>`;
  }

  private choosePreset(event: Event): void {
    const preset = this.presets?.find(({ id }) => id === (event.target as HTMLSelectElement).value);
    const { sending } = this.thread;
    if (!preset) {
      sending.choose({ presetId: null });
      return;
    }
    // Who answers is seen beside it; what it says of the rest counts where nothing else was said.
    const { params, ...rest } = this.thread.state.value.choices;
    const kept = Object.entries(params ?? {}).filter(([name]) => !(name in preset.params));
    sending.choose({
      ...rest,
      presetId: preset.id,
      model: preset.model ?? rest.model,
      agent: preset.agent ?? rest.agent,
      params: kept.length ? Object.fromEntries(kept) : undefined,
    });
  }

  private instructed(event: Event): void {
    this.thread.sending.adjust("instructions", (event.target as HTMLTextAreaElement).value.trim());
  }

  private async save(): Promise<void> {
    await import("./save-preset.js");
    this.saving = true;
    await this.updateComplete;
    await this.renderRoot.querySelector<SavePreset>("causerie-save-preset")?.show();
  }

  private saved(event: CustomEvent<PresetView>): void {
    this.presets = [event.detail, ...(this.presets ?? [])];
    this.saving = false;
    this.tell("toast", { text: t("controls.saved", { name: event.detail.name }) });
  }
}

define("causerie-controls", Controls);
