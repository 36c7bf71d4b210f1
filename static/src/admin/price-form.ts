// The figures of a price, typed in: what both setting a price and putting one right ask for.
import { html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { compare } from "../core/money.js";
import type { PriceView, SetPrice } from "../core/wire.gen.js";
import { FormElement } from "../ui/form.js";

type Figure = Exclude<keyof SetPrice, "model" | "effectiveFrom">;

const TOKENS = ["input", "output"] as const;
const MORE = ["cachedInput", "cacheWrite", "image", "character", "second", "multiplier"] as const;

export class PriceForm extends FormElement {
  @property() model = "";
  /** What holds now: the change begins with it. */
  @property({ attribute: false }) prices: PriceView | null = null;

  protected figures(): TemplateResult {
    const open = MORE.some((name) => this.standing(name));
    return html`<div class="grid">${TOKENS.map((name) => this.figure(name))}</div>
      <details ?open=${open}>
        <summary>${t("prices.others")}</summary>
        <p class="muted">${t("prices.othersText")}</p>
        <div class="grid">${MORE.map((name) => this.figure(name))}</div>
      </details>`;
  }

  private figure(name: Figure): TemplateResult {
    return html`<causerie-field name=${name} label=${t(`prices.field.${name}`)} inputmode="decimal" maxlength="40"
      ?optional=${name !== "input" && name !== "output"} .initial=${this.standing(name)}
      .problem=${this.faults[name] ?? ""}></causerie-field>`;
  }

  /** What stands in a field at first: nothing where it says no more than another does. */
  private standing(name: Figure): string {
    const { prices } = this;
    if (!prices) return "";
    if (name === "multiplier") return compare(prices.multiplier, "1") === 0 ? "" : prices.multiplier;
    if (name === "cachedInput" || name === "cacheWrite") return prices[name] === prices.input ? "" : prices[name];
    return prices[name] ?? "";
  }

  /** The body that the server wants, of what was typed; undefined: something is missing, and says so. */
  protected body(): SetPrice | undefined {
    const values = this.filled();
    if (!values) return undefined;
    const typed = Object.fromEntries(
      [...TOKENS, ...MORE].flatMap((name) => (values[name]?.trim() ? [[name, values[name].trim()]] : [])),
    ) as Pick<SetPrice, Figure>;
    return { ...typed, model: this.model };
  }
}
