// Tests of messages against each other: made from alternatives, told in words what they prove, ended.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { t } from "../core/i18n.js";
import { said } from "../core/said.js";
import type { CreateExperiment, ExperimentPage, ExperimentView } from "../core/wire.gen.js";
import "../ui/area.js";
import type { Area } from "../ui/area.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import "../ui/field.js";
import type { Field } from "../ui/field.js";
import { ListLoader } from "../ui/loader.js";
import "./experiment.js";
import { tools } from "./styles.js";

/** The message of today and up to five others. */
const VARIANTS_MAX = 6;

export class Experiments extends ClientElement {
  static override styles = [
    base,
    buttons,
    tools,
    css`
      form {
        margin-block-start: 16px;
        padding: 20px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
      }
      .problem {
        color: var(--bad);
      }
      causerie-experiment {
        margin-block-start: 24px;
      }
    `,
  ];

  /** Texts of a test that is about to be made; none: there is no form. */
  @state() private proposed: readonly string[] = [];
  @state() private problem = "";
  @state() private busy = false;

  private readonly list = new ListLoader<ExperimentView>(this, (cursor) =>
    this.client.api.get<ExperimentPage>(`/api/ai/experiments?limit=10${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`),
  );

  /** Offers a test of these messages; the first is the one that others are compared with. */
  async propose(texts: readonly string[]): Promise<void> {
    this.proposed = texts.slice(0, VARIANTS_MAX);
    this.problem = "";
    await this.updateComplete;
    this.scrollIntoView({ block: "start" });
    this.renderRoot.querySelector<Field>("causerie-field")?.focus();
  }

  override render(): TemplateResult {
    return html`<h2>${t("creator.ab.title")}</h2>
      <p class="lead">${t("creator.ab.lead")}</p>
      ${this.proposed.length
        ? this.form()
        : html`<p class="more"><button class="button" type="button" @click=${() => void this.propose(["", ""])}>${t("creator.ab.new")}</button></p>`}
      ${this.list.render(({ items }) => html`
        ${items.length || this.proposed.length ? nothing : html`<p class="empty">${t("creator.ab.none")}</p>`}
        ${repeat(items, ({ id }) => id, (one) => html`<causerie-experiment .test=${one} @causerie-changed=${() => void this.list.load()}></causerie-experiment>`)}
        ${this.list.rest()}`)}`;
  }

  private form(): TemplateResult {
    return html`<form @submit=${this.create}>
      <causerie-field name="name" label=${t("creator.ab.name")} maxlength="100"></causerie-field>
      ${this.proposed.map((text, index) => html`<causerie-area name=${letter(index)} .initial=${text} label=${index ? t("creator.ab.variant", { letter: letter(index).toUpperCase() }) : t("creator.ab.first")}></causerie-area>`)}
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      <div class="deeds">
        <button class="button primary" type="submit" ?disabled=${this.busy}>${t("creator.ab.start")}</button>
        ${this.proposed.length < VARIANTS_MAX
          ? html`<button class="button" type="button" @click=${() => (this.proposed = [...this.proposed, ""])}>${t("creator.ab.add")}</button>`
          : nothing}
        <button class="button" type="button" @click=${() => (this.proposed = [])}>${t("cancel")}</button>
      </div>
    </form>`;
  }

  private readonly create = async (event: Event): Promise<void> => {
    event.preventDefault();
    const name = this.renderRoot.querySelector<Field>("causerie-field")?.value.trim() ?? "";
    const areas = [...this.renderRoot.querySelectorAll<Area>("causerie-area")];
    const variants = areas.map((area) => ({ key: area.name, text: area.value.trim() })).filter(({ text }) => text);
    if (!name || variants.length < 2) {
      this.problem = t("creator.ab.two");
      return;
    }
    this.busy = true;
    try {
      await this.client.api.post<ExperimentView>("/api/ai/experiments", { name, variants } satisfies CreateExperiment);
      this.proposed = [];
      this.problem = "";
      await this.list.load();
    } catch (error) {
      this.problem = said(error);
    } finally {
      this.busy = false;
    }
  };
}

const letter = (index: number): string => String.fromCharCode(97 + index);

define("causerie-experiments", Experiments);
