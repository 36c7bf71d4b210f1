// The base of elements that ask for something and send it: busy, what was left out, what went wrong.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { Problem } from "../core/api.js";
import { t } from "../core/i18n.js";
import { said } from "../core/said.js";
import { ClientElement } from "./element.js";
import "./field.js";

export const forms = css`
  .problem {
    padding: 10px 12px;
    border-inline-start: 3px solid var(--bad);
    background: var(--bad-soft);
    font-size: 14px;
    overflow-wrap: anywhere;
  }
`;

/** What can be asked for in a form: a field of one line, or of several. */
export interface Control extends HTMLElement {
  readonly name: string;
  readonly optional: boolean;
  readonly least: number;
  value: string;
}

/** What a refusal's path may be called in a form: `$.models.sales` as a whole, or its first word. */
const namesOf = (path: string): string[] => [path.slice(2), /^\$\.(\w+)/.exec(path)?.[1] ?? ""].filter(Boolean);

export class FormElement extends ClientElement {
  @state() protected busy = false;
  /** What went wrong with the whole; a field that is at fault says so itself. */
  @state() protected problem = "";
  /** What is wrong with the field of that name. */
  @state() protected faults: Readonly<Record<string, string>> = {};

  protected get fields(): NodeListOf<Control> {
    return this.renderRoot.querySelectorAll<Control>("causerie-field, causerie-area");
  }

  /** Whatever has a name and may be at fault: the fields, choices, lists. */
  private named(name: string): Control | undefined {
    const controls = this.renderRoot.querySelectorAll<Control>("causerie-field, causerie-area, causerie-tags, causerie-select");
    return [...controls].find((one) => one.name === name);
  }

  /** What was filled in, by name; undefined when a field that must not be is empty or too short: it has the focus. */
  protected filled(): Record<string, string> | undefined {
    const fields = [...this.fields];
    this.problem = "";
    const fault = ({ value, optional, least }: (typeof fields)[number]): string => {
      if (!value.trim()) return optional ? "" : t("signIn.missing");
      return value.length < least ? t("form.short", { count: least }) : "";
    };
    this.faults = Object.fromEntries(fields.map((field) => [field.name, fault(field)]));
    const first = fields.find((field) => this.faults[field.name]);
    first?.focus();
    return first ? undefined : Object.fromEntries(fields.map((field) => [field.name, field.value]));
  }

  /** Does what is sent to the server, once at a time; false: it was refused, and the page says why. */
  protected async attempt(deed: () => Promise<void>, words: (error: unknown) => string = said): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = "";
    try {
      await deed();
      return true;
    } catch (error) {
      const names = error instanceof Problem ? namesOf(error.path) : [];
      const field = names.map((name) => this.named(name)).find(Boolean);
      if (field) this.faults = { [field.name]: words(error) };
      else this.problem = words(error);
      field?.focus();
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** The page says something else now: whoever listens to it hears its heading. */
  protected async announce(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("h1")?.focus();
  }

  protected complaint(): TemplateResult | typeof nothing {
    return this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing;
  }
}
