// How the pages look and speak on this device: colours, language, money, what is read aloud.
import { html, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { LANGUAGES, locale, t } from "../core/i18n.js";
import type { Theme } from "../core/theme.js";
import { base, ClientElement, define } from "../ui/element.js";
import { pages, sections } from "../ui/page.js";

/** Languages by the names that their speakers have for them. */
const NAMES = { en: "English", fr: "Français", es: "Español", de: "Deutsch" } as const;

const isMoney = (value: unknown): value is "credits" | "dollars" => value === "credits" || value === "dollars";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

export class Appearance extends ClientElement {
  static override styles = [base, sections, pages];

  @property() theme: Theme = "system";
  @state() private money: "credits" | "dollars" = "credits";
  @state() private aloud = false;

  protected override firstUpdated(): void {
    this.money = this.client.shelf.read("money", isMoney) ?? "credits";
    this.aloud = this.client.shelf.read("announce-answers", isBoolean) ?? false;
  }

  override render(): TemplateResult {
    return html`
      <h1>${t("page.appearance")}</h1>
      <p class="muted lead">${t("appearance.text")}</p>
      <section>
        <h2 id="theme">${t("appearance.theme")}</h2>
        <div class="line"><fieldset aria-labelledby="theme">
          ${this.choice("theme", "system", this.theme, t("account.system"), t("appearance.systemText"))}
          ${this.choice("theme", "light", this.theme, t("account.light"))}
          ${this.choice("theme", "dark", this.theme, t("account.dark"))}
        </fieldset></div>
      </section>
      <section>
        <h2 id="language">${t("appearance.language")}</h2>
        <p class="muted">${t("appearance.languageText")}</p>
        <div class="line"><fieldset aria-labelledby="language">
          ${LANGUAGES.map((name) => this.choice("language", name, locale(), html`<span lang=${name}>${NAMES[name]}</span>`))}
        </fieldset></div>
      </section>
      <section>
        <h2 id="money">${t("appearance.money")}</h2>
        <p class="muted">${t("appearance.moneyText")}</p>
        <div class="line"><fieldset aria-labelledby="money">
          ${this.choice("money", "credits", this.money, t("appearance.credits"), t("appearance.creditsText"))}
          ${this.choice("money", "dollars", this.money, t("appearance.dollars"), t("appearance.dollarsText"))}
        </fieldset></div>
      </section>
      <section>
        <h2>${t("appearance.aloud")}</h2>
        <div class="line"><label class="check"><input type="checkbox" role="switch" .checked=${this.aloud} @change=${this.speak} />
          <span>${t("appearance.announce")}<small>${t("appearance.announceText")}</small></span></label></div>
      </section>`;
  }

  private choice(name: string, value: string, chosen: string, label: string | TemplateResult, text = ""): TemplateResult {
    return html`<label class="check"><input type="radio" name=${name} value=${value} .checked=${value === chosen}
      @change=${() => this.choose(name, value)} /><span>${label}${text ? html`<small>${text}</small>` : ""}</span></label>`;
  }

  private choose(name: string, value: string): void {
    if (name !== "money") this.tell(name, value);
    else if (isMoney(value)) {
      this.money = value;
      this.client.shelf.write("money", value);
      this.tell("toast", { text: t("appearance.saved") });
    }
  }

  private speak(event: Event): void {
    this.aloud = (event.target as HTMLInputElement).checked;
    this.client.shelf.write("announce-answers", this.aloud);
    this.tell("toast", { text: t("appearance.saved") });
  }
}

define("causerie-appearance", Appearance);
