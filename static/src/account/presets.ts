// Presets: named ways of answering, one's own and those that others share; found, used, changed.
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import account from "../../locales/en.account.json";
import texts from "../../locales/en.presets.json";
import type { ModelsState } from "../core/client.js";
import { extend, t } from "../core/i18n.js";
import { allPresets, byCategory } from "../core/presets.js";
import { said } from "../core/said.js";
import { StoreController } from "../core/store.js";
import type { AgentList, Categories, PresetView } from "../core/wire.gen.js";
import { base, buttons, define } from "../ui/element.js";
import { KeptPage } from "../ui/kept.js";
import { Loader } from "../ui/loader.js";
import { pages, sections } from "../ui/page.js";
import { searchBox } from "../ui/search.js";
import "../ui/select.js";
import { agentChoices, isGone } from "./agents-words.js";
import "./preset-editor.js";
import { bodyOf, finds } from "./preset-list.js";

// The element also stands in pages of other sites, which bring no texts along.
extend(account);
extend(texts);

const PATH = "/api/presets";

interface Found {
  presets: readonly PresetView[];
  categories: Categories["items"];
  agents: AgentList;
}

export class Presets extends KeptPage<PresetView> {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      .find {
        display: flex;
        flex-wrap: wrap;
        align-items: end;
        gap: 0 12px;
      }
      .find > .line {
        flex: 1 1 220px;
        max-inline-size: 320px;
      }
      .find > .line > * {
        flex: 1 1 auto;
      }
      @media (max-width: 720px) {
        .find > .line {
          max-inline-size: none;
        }
      }
      .find + .rows,
      .group {
        margin-block-start: 28px;
      }
      .group .rows {
        margin-block-start: 8px;
      }
    `,
  ];

  /** The preset that is looked at first. */
  @property() preset = "";
  @state() private category = "";
  @state() private wanted = "";
  /** What a new preset begins with: a copy of another one. */
  @state() private copy: PresetView | undefined;
  private readonly models = new StoreController(this, (value: ModelsState) => value);
  private readonly found = new Loader<Found>(this, () => this.read());

  private async read(): Promise<Found> {
    const [presets, categories, agents] = await Promise.all([
      allPresets(this.client.api),
      this.client.api.get<Categories>(`${PATH}/categories`),
      this.client.api.get<AgentList>("/api/agents"),
    ]);
    const first = presets.find(({ id }) => id === this.preset);
    if (first?.own && this.found.value === undefined) void this.edit(first);
    return { presets, categories: categories.items, agents };
  }

  protected reload(): Promise<void> {
    return this.found.load();
  }

  override render(): TemplateResult {
    return html`
      <h1>${t("page.presets")}</h1>
      <p class="muted lead">${t("presets.text")}</p>
      ${this.found.render((found) =>
        this.editing === undefined
          ? this.shown(found)
          : html`<causerie-preset-editor .preset=${this.editing} .copy=${this.copy} .agents=${found.agents}
              .categories=${found.categories.map(({ name }) => name)}
              @causerie-saved=${this.saved} @causerie-left=${this.left} @causerie-copy=${this.share}></causerie-preset-editor>`,
      )}`;
  }

  private shown({ presets, categories, agents }: Found): TemplateResult {
    const here = presets.filter(({ id }) => !this.leaving.has(id));
    const rows = here.filter((preset) => (!this.category || preset.category === this.category) && finds(preset, this.wanted));
    return html`${this.newButton(t("presets.new"))}
      ${here.length || this.category
        ? html`<div class="find">
            ${searchBox(t("presets.search"), (text) => (this.wanted = text))}
            <div class="line"><causerie-select label=${t("presets.category")} .value=${this.category}
              .choices=${[
                { id: "", label: t("presets.all") },
                ...categories.map(({ name, count }) => ({ id: name, label: t("presets.counted", { name, count }) })),
              ]}
              @causerie-change=${(event: CustomEvent<string>) => (this.category = event.detail)}></causerie-select></div>
          </div>`
        : nothing}
      ${rows.length
        ? repeat(byCategory(rows), ([name]) => name, ([name, group]) => html`<section class="group">
            <h2><bdi>${name}</bdi></h2>
            <ul class="rows">${repeat(group, ({ id }) => id, (preset) => this.row(preset, agents))}</ul>
          </section>`)
        : this.empty(t(here.length ? "presets.none" : "presets.empty"))}`;
  }

  private row(preset: PresetView, agents: AgentList): TemplateResult {
    const { id, name, description, agent, model, own, shared } = preset;
    const { items } = this.models.follow(this.client.models) ?? { items: [] };
    const facts = [
      agent ? agentChoices(agents, agent, "").find((one) => one.id === agent)?.label : "",
      model ? (items.find((one) => one.id === model)?.title ?? model) : "",
      preset.params.temperature === undefined ? "" : t("presets.temperatureIs", { value: preset.params.temperature }),
      preset.params.maxOutputTokens === undefined ? "" : t("presets.longest", { count: preset.params.maxOutputTokens }),
    ];
    return html`<li class="row">
      <div class="what"><strong dir="auto">${name}</strong>
        ${own ? (shared ? html` <span class="tag">${t("presets.shared")}</span>` : nothing) : html` <span class="tag good">${t("presets.theirs")}</span>`}
        ${isGone(items, model) ? html` <span class="tag warn">${t("presets.gone")}</span>` : nothing}
        ${description ? html`<small dir="auto">${description}</small>` : nothing}
        ${facts.some(Boolean) ? html`<small>${facts.filter(Boolean).join(" · ")}</small>` : nothing}
        ${isGone(items, model) ? html`<small>${t(own ? "presets.goneOwn" : "presets.goneTheirs")}</small>` : nothing}</div>
      <div class="deeds">
        <button class="button small" type="button" aria-label=${t("presets.useLabel", { name })} @click=${() => this.use(preset)}>${t("presets.use")}</button>
        <button class="button small" type="button" aria-label=${t("presets.duplicateLabel", { name })} @click=${() => this.duplicate(preset)}>${t("presets.duplicate")}</button>
        ${own ? this.rowDeeds(preset, name, () => this.leaving.remove(id, `${PATH}/${id}`, t("presets.deleted"))) : nothing}
      </div>
    </li>`;
  }

  /** Another site's page may do something of its own with it; ours opens a chat. */
  private use(preset: PresetView): void {
    if (this.tell("result", preset)) this.tell("navigate", { path: `/chat?preset=${preset.id}` });
  }

  /** One's own stays where it is: what is shared is a copy, made in a workspace that others see. */
  private readonly share = async (event: CustomEvent<PresetView>): Promise<void> => {
    await this.back();
    this.copy = event.detail;
    await this.edit(null);
  };

  private async duplicate(preset: PresetView): Promise<void> {
    const name = t("presets.copyOf", { name: preset.name }).slice(0, 100);
    try {
      const made = await this.client.api.post<PresetView>(PATH, { ...bodyOf(preset), name, shared: false });
      await this.reload();
      this.tell("toast", { text: t("presets.duplicated"), action: { label: t("kept.edit"), run: () => void this.edit(made) } });
    } catch (error) {
      // Its model or agent is gone: a form can say so, and be given another.
      this.copy = { ...preset, name };
      await this.edit(null);
      this.tell("toast", { text: said(error), bad: true });
    }
  }

  protected override async edit(item: PresetView | null): Promise<void> {
    if (item) this.copy = undefined;
    await super.edit(item);
  }

  protected override async back(): Promise<void> {
    this.copy = undefined;
    await super.back();
  }
}

define("causerie-presets", Presets);
