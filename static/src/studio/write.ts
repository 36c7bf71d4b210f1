// Writing: a prompt at the left, the text as it comes at the right, every version kept below.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import type { ModelsState } from "../core/client.js";
import { locale, t } from "../core/i18n.js";
import { usd } from "../core/money.js";
import { allPresets } from "../core/presets.js";
import { StoreController } from "../core/store.js";
import type { GenerationView, PresetView, Prompt, TurnEstimated } from "../core/wire.gen.js";
import type { Kind } from "../creator/answers.js";
import type { Made } from "../creator/made.js";
import { told } from "../creator/told.js";
import { Tool, type Draft } from "../creator/tool.js";
import { define } from "../ui/element.js";

/** After the last key, before the server is asked what it would cost. */
const ESTIMATE_MS = 700;

/** A number in its bounds; undefined where nothing or something else was typed. */
function bounded(text: string, least: number, most: number): number | undefined {
  const value = Number(text.replace(",", "."));
  return text && Number.isFinite(value) && value >= least && value <= most ? value : undefined;
}

export class Write extends Tool {
  protected readonly tool = "write";
  protected readonly needed = ["prompt"];

  /** The preset that is chosen at first. */
  @property() preset = "";
  @state() private presets: readonly PresetView[] = [];
  @state() private estimated: TurnEstimated | undefined;
  @query("causerie-made") private made!: Made;
  private readonly models = new StoreController(this, (value: ModelsState) => value);
  private timer: ReturnType<typeof setTimeout> | undefined;

  protected get kind(): Kind {
    return "completion";
  }

  protected lead(): string {
    return t("write.lead");
  }

  override firstUpdated(): void {
    if (this.preset) this.keep({ presetId: this.preset });
    void this.recall();
  }

  override disconnectedCallback(): void {
    clearTimeout(this.timer);
    super.disconnectedCallback();
  }

  private async recall(): Promise<void> {
    try {
      this.presets = await allPresets(this.client.api);
    } catch {
      // Without them one writes without one.
    }
  }

  override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    this.models.follow(this.client.models);
    if (changed.has("draft")) this.estimate();
  }

  private estimate(): void {
    clearTimeout(this.timer);
    if (!this.text("prompt")) this.estimated = undefined;
    else this.timer = setTimeout(() => void this.reckon(), ESTIMATE_MS);
  }

  /** As a chat would cost with it: within a few tokens of the truth. */
  private async reckon(): Promise<void> {
    const { prompt, ...body } = this.body();
    try {
      this.estimated = await this.client.socket.request<TurnEstimated>({ type: "turn.estimate", text: prompt, ...body });
    } catch {
      this.estimated = undefined;
    }
  }

  private body(): Prompt {
    const params = told({
      temperature: bounded(this.text("temperature"), 0, 2),
      maxOutputTokens: bounded(this.text("maxOutputTokens"), 1, 1_000_000),
      instructions: this.text("instructions") || undefined,
    });
    const [model, presetId] = [this.text("model"), this.text("presetId")];
    return { prompt: this.text("prompt"), ...(model ? { model } : {}), ...(presetId ? { presetId } : {}), ...(params ? { params } : {}) };
  }

  override render(): TemplateResult {
    const models = this.client.models.value.items.filter((one) => one.available && !one.unpriced && !one.paused && one.capabilities.includes("text"));
    const form = html`
      ${this.area("prompt", t("write.prompt"), { tall: true, ...(matchMedia("(pointer: coarse)").matches ? {} : { hint: t("write.promptHint") }) })}
      <div class="pair">
        <causerie-select name="model" label=${t("write.model")} .value=${this.text("model")}
          .choices=${[{ id: "", label: t("write.defaultModel") }, ...models.map(({ id, title, name }) => ({ id, label: title || name }))]}></causerie-select>
        <causerie-select name="presetId" label=${t("write.preset")} .value=${this.text("presetId")}
          .choices=${[{ id: "", label: t("write.noPreset") }, ...this.presets.map(({ id, name }) => ({ id, label: name }))]}></causerie-select>
      </div>
      ${this.aside(t("write.how"), html`
        ${this.area("instructions", t("write.instructions"), { hint: t("write.instructionsHint") })}
        <div class="pair">
          ${this.field("temperature", t("write.temperature"), { hint: t("write.temperatureHint"), numeric: [0, 2] })}
          ${this.field("maxOutputTokens", t("write.longest"), { hint: t("write.longestHint"), numeric: [1, 1_000_000] })}
        </div>`)}
      <p class="hint figure estimate">${this.estimated
        ? html`${t("write.estimate", { likely: usd(this.estimated.likely.usd, locale()), most: usd(this.estimated.atMost.usd, locale()) })}
            ${this.estimated.affordable ? nothing : t("write.tooDear")}`
        : nothing}</p>`;
    return this.page(form, "write.write", html`<p>${t("write.vacant")}</p>`);
  }

  protected override prepare(): void {
    void import("./written.js");
  }

  protected override results(): TemplateResult | undefined {
    const run = this.errands[0];
    if (!this.shown && !run) return undefined;
    const id = this.shown?.id ?? run?.state.value.turn.turnId ?? "";
    const known = this.made?.items ?? [];
    const at = known.findIndex((one) => one.id === id);
    const one = (version: GenerationView | undefined, steps: boolean): TemplateResult => html`<causerie-written
      .generation=${version} .run=${version ? undefined : run?.state.value} .at=${steps ? known.length - at : 0} .of=${steps && at >= 0 ? known.length : 0}
      @causerie-step=${(event: CustomEvent<number>) => this.step(at - event.detail)} @causerie-stop=${() => void run?.cancel()}
      @causerie-deed=${(event: CustomEvent<string>) => run && this.did(event.detail, run)}></causerie-written>`;
    return this.beside ? html`<div class="two">${one(this.shown, false)}${one(this.beside, false)}</div>` : one(this.shown, true);
  }

  private step(to: number): void {
    const next = this.made.items[to];
    if (next && next.output !== null) this.shown = next;
  }

  protected example(): Draft {
    return { prompt: t("write.example") };
  }

  protected request(): { path: string; bodies: readonly object[] } {
    return { path: "/api/ai/completions", bodies: [this.body()] };
  }

  protected draftOf(input: Record<string, unknown>): Draft {
    const { prompt, model, presetId, params } = input as unknown as Prompt;
    return {
      prompt,
      model: model ?? "",
      presetId: presetId ?? "",
      instructions: params?.instructions ?? "",
      temperature: String(params?.temperature ?? ""),
      maxOutputTokens: String(params?.maxOutputTokens ?? ""),
    };
  }
}

define("causerie-write", Write);
