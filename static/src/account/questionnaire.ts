// A few questions instead of a form: what the answers amount to is shown before it is kept.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { live } from "lit/directives/live.js";

import { Problem } from "../core/api.js";
import { t, type Key } from "../core/i18n.js";
import type { OnboardingApplied, Questionnaire as Answers } from "../core/wire.gen.js";
import { DraftForm } from "../ui/draft-form.js";
import "../ui/area.js";
import { base, buttons, define } from "../ui/element.js";
import { forms } from "../ui/form.js";
import { sections } from "../ui/page.js";
import "../ui/select.js";
import "../ui/tags.js";
import { languageChoices, languageName } from "./languages.js";
import { bodyOf, NO_ANSWERS, STEPS, stepOf, type Draft, type Many, type One } from "./questions.js";

const PATH = "/api/ai/apply-onboarding-config";

export class Questionnaire extends DraftForm<Draft> {
  static override styles = [
    base,
    buttons,
    forms,
    sections,
    css`
      form,
      .preview {
        display: grid;
        gap: 24px;
        max-inline-size: 600px;
        margin-block-start: 24px;
      }
      h2 {
        margin: 0;
      }
      .some {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 20px;
      }
      .some .check {
        min-block-size: 32px;
        align-items: center;
      }
      .some input {
        margin: 0;
      }
      .line {
        margin: 0;
      }
      dl {
        display: grid;
        gap: 12px;
      }
      dt {
        color: var(--muted);
        font-size: 13px;
      }
      dd {
        overflow-wrap: anywhere;
      }
      @media (pointer: coarse) {
        .some .check {
          min-block-size: 44px;
        }
      }
    `,
  ];

  @state() private step = 0;
  @state() private preview: OnboardingApplied | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.begin(NO_ANSWERS);
  }

  override render(): TemplateResult {
    return this.preview ? this.outcome(this.preview) : this.questions();
  }

  private questions(): TemplateResult {
    const last = this.step === STEPS.length - 1;
    const step = STEPS[this.step] ?? "you";
    return html`<form novalidate @submit=${this.next} @input=${this.typed}>
      <h2 tabindex="-1"><small>${t("questions.step", { step: this.step + 1, steps: STEPS.length })}</small><br />${t(`questions.${step}`)}</h2>
      ${keyed(step, this.page(step))}
      ${this.complaint()}
      <div class="line">
        <button class="button primary" type="submit" ?disabled=${this.busy}>${t(last ? "questions.preview" : "questions.next")}</button>
        ${this.step ? html`<button class="button" type="button" @click=${() => void this.go(this.step - 1)}>${t("questions.back")}</button>` : nothing}
        <button class="button" type="button" @click=${() => this.tell("left")}>${t("cancel")}</button>
      </div>
    </form>`;
  }

  private page(step: (typeof STEPS)[number]): TemplateResult {
    const { draft } = this;
    switch (step) {
      case "you":
        return html`${this.line("name", "voice.name")}${this.line("niche", "questions.niche", "questions.nicheHint")}
          ${this.line("audience", "questions.audience", "questions.audienceHint")}
          ${this.many("platforms", ["instagram", "tiktok", "twitter", "onlyfans", "facebook"], 5)}
          ${this.languages()}`;
      case "sound":
        return html`${this.many("tone", ["friendly", "warm", "playful", "flirty", "humorous", "confident", "mysterious", "professional"], 3)}
          <causerie-tags name="traits" label=${t("questions.traits")} hint=${t("questions.traitsHint")} maxlength="60" most="10" .value=${draft.traits}
            .problem=${this.faults["traits"] ?? ""} @causerie-change=${(event: CustomEvent<readonly string[]>) => this.put({ traits: event.detail })}></causerie-tags>
          <causerie-area name="voice" optional maxlength="1000" label=${t("questions.voice")} hint=${t("questions.voiceHint")} .initial=${draft.voice}
            .problem=${this.faults["voice"] ?? ""}></causerie-area>`;
      case "replies":
        return html`${this.many("goals", ["reach", "conversation", "sales", "loyalty", "time"], 5)}
          ${this.one("length", ["short", "medium", "long"])}${this.one("emojis", ["none", "some", "many"])}
          ${this.one("offers", ["asked", "gentle", "direct"])}`;
      case "limits":
        return html`<causerie-tags name="boundaries" least="2" label=${t("questions.boundaries")} hint=${t("voice.topicsHint")} .value=${draft.boundaries}
          .problem=${this.faults["boundaries"] ?? ""}
          @causerie-change=${(event: CustomEvent<readonly string[]>) => this.put({ boundaries: event.detail })}></causerie-tags>`;
    }
  }

  private line(name: "name" | "niche" | "audience", label: Key, hint?: Key): TemplateResult {
    return html`<causerie-field name=${name} optional maxlength="200" label=${t(label)} hint=${hint ? t(hint) : ""} .initial=${this.draft[name]}
      .problem=${this.faults[name] ?? ""}></causerie-field>`;
  }

  private languages(): TemplateResult {
    const { languages } = this.draft;
    const rest = languageChoices().filter(({ id }) => !languages.includes(id));
    return html`<div>
      <causerie-select name="languages" label=${t("questions.languages")} .value=${live("")} .problem=${this.faults["languages"] ?? ""}
        hint=${t("questions.languagesHint")} ?disabled=${languages.length >= 10}
        .choices=${[{ id: "", label: t(languages.length ? "questions.languageMore" : "questions.languageFirst") }, ...rest]}
        @causerie-change=${(event: CustomEvent<string>) => this.put({ languages: [...languages, event.detail] })}></causerie-select>
      ${languages.length
        ? html`<p class="more">${languages.map((code, index) => html` <span class="tag ${index ? "" : "good"}">${languageName(code)}</span>`)}
            <button class="button small" type="button" @click=${() => this.put({ languages: [] })}>${t("questions.languagesClear")}</button></p>`
        : nothing}
    </div>`;
  }

  private many<N extends keyof Many>(name: N, options: readonly Many[N][number][], most: number): TemplateResult {
    const chosen: readonly string[] = this.draft[name];
    return html`<fieldset>
      <legend>${t(`questions.${name}`)}</legend>
      <div class="some">${options.map((option) => html`<label class="check"><input type="checkbox" .checked=${live(chosen.includes(option))}
        ?disabled=${chosen.length >= most && !chosen.includes(option)}
        @change=${() => this.put({ [name]: options.filter((one) => (one === option) !== chosen.includes(one)) })} />
        <span>${t(`questions.${name}.${option}` as Key)}</span></label>`)}</div>
    </fieldset>`;
  }

  private one<N extends keyof One>(name: N, options: readonly One[N][]): TemplateResult {
    return html`<fieldset>
      <legend>${t(`questions.${name}`)}</legend>
      ${options.map((option) => html`<label class="check"><input type="radio" name=${name} .checked=${live(this.draft[name] === option)}
        @change=${() => this.put({ [name]: option })} /><span>${t(`questions.${name}.${option}` as Key)}</span></label>`)}
    </fieldset>`;
  }

  private outcome({ configuration, derived }: OnboardingApplied): TemplateResult {
    const rows: [string, string | null][] = [
      ["name", configuration.name],
      ["language", configuration.language && languageName(configuration.language)],
      ["isFanLanguage", t(configuration.isFanLanguage ? "questions.fanLanguage" : "questions.oneLanguage")],
      ["tone", configuration.tone],
      ["personality", configuration.personality],
      ["brandVoice", configuration.brandVoice],
      ["forbiddenTopics", configuration.forbiddenTopics.join(", ")],
    ];
    return html`<div class="preview">
      <h2 tabindex="-1">${t("questions.outcome")}</h2>
      <p class="muted">${t(derived.length ? "questions.outcomeText" : "questions.nothing")}</p>
      <dl>${rows
        .filter(([name]) => derived.includes(name))
        .map(([name, text]) => html`<div><dt>${t(`questions.field.${name}` as Key)}</dt><dd dir="auto">${text}</dd></div>`)}</dl>
      ${this.complaint()}
      <div class="line">
        ${derived.length
          ? html`<button class="button primary" type="button" ?disabled=${this.busy} @click=${this.apply}>${t("questions.apply")}</button>`
          : nothing}
        <button class="button" type="button" @click=${() => void this.go(this.step)}>${t("questions.back")}</button>
        <button class="button" type="button" @click=${() => this.tell("left")}>${t("cancel")}</button>
      </div>
    </div>`;
  }

  private async go(step: number): Promise<void> {
    this.preview = undefined;
    this.step = step;
    await this.head();
  }

  private async head(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("h2")?.focus();
  }

  private readonly next = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.step < STEPS.length - 1) return this.go(this.step + 1);
    await this.ask(`${PATH}?preview=true`, (applied) => {
      this.preview = applied;
    });
    if (this.preview) await this.head();
  };

  private readonly apply = (): Promise<void> =>
    this.ask(PATH, ({ configuration }) => {
      this.begin(NO_ANSWERS);
      this.tell("applied", configuration);
    });

  /** A refusal is shown at the question that it is about. */
  private async ask(path: string, then: (applied: OnboardingApplied) => void): Promise<void> {
    await this.attempt(async () => {
      try {
        then(await this.client.api.post<OnboardingApplied>(path, bodyOf(this.draft) satisfies Answers));
      } catch (error) {
        const step = error instanceof Problem ? stepOf(error.path) : undefined;
        if (step !== undefined) await this.go(step);
        throw error;
      }
    });
  }
}

define("causerie-questionnaire", Questionnaire);
