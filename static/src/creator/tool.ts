// The base of the creator's tools: a form that is kept on this device, one or more answers as they
// are made, what was made before. A page may be left while it runs, and finds it again.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import type { Errand } from "../core/errand.js";
import { t, type Key } from "../core/i18n.js";
import type { GenerationView } from "../core/wire.gen.js";
import "../ui/area.js";
import { base, buttons, ClientElement } from "../ui/element.js";
import "../ui/field.js";
import "../ui/segmented.js";
import "../ui/select.js";
import { misread, type Bounds } from "./amounts.js";
import type { Kind } from "./answers.js";
import "./made.js";
import type { Platform } from "./platforms.js";
import { runsOf, type ToolName } from "./runs.js";
import { toolPage, tools } from "./styles.js";
import "./texts.js";

/** What stands in a form, by name. */
export type Draft = Readonly<Record<string, string>>;

const isDraft = (value: unknown): value is Draft => typeof value === "object" && value !== null && Object.values(value).every((one) => typeof one === "string");

interface Named extends HTMLElement {
  name: string;
  value: string;
}

interface Look {
  hint?: string;
  optional?: boolean;
  /** A number; with bounds, what it lies between. */
  numeric?: Bounds;
  tall?: boolean;
}

export abstract class Tool extends ClientElement {
  static override styles = [base, buttons, tools, toolPage];

  /** For whom it is made, by their id; the one who is signed in if it is empty. */
  @property() creator = "";
  @state() protected draft: Draft = {};
  /** One of the history, shown in place of what was made last. */
  @state() protected shown: GenerationView | undefined;
  /** Beside which the shown one is compared. */
  @state() protected beside: GenerationView | undefined;
  @state() private faults: Readonly<Record<string, string>> = {};
  /** What shows an answer could not be fetched. */
  @state() private cardless = false;
  /** The fields that take a number, with their bounds. */
  private readonly numbers = new Map<string, Bounds>();
  protected errands: readonly Errand[] = [];
  private stops: (() => void)[] = [];
  private known = false;

  protected abstract readonly tool: ToolName;
  /** What its history shows and its answers are. */
  protected abstract get kind(): Kind;
  /** Fields that must not be empty. */
  protected abstract readonly needed: readonly string[];
  /** Something to try it with, at one click. */
  protected abstract example(): Draft;
  /** Where to ask, and what: several bodies are asked at once. */
  protected abstract request(): { path: string; bodies: readonly object[] };
  /** What stood in the form when this was asked. */
  protected abstract draftOf(input: Record<string, unknown>): Draft;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => {
      this.stops.push(runsOf(this.client).watch(this.tool));
      this.follow(runsOf(this.client).of(this.tool));
    });
  }

  override disconnectedCallback(): void {
    for (const stop of this.stops) stop();
    this.stops = [];
    this.errands = [];
    super.disconnectedCallback();
  }

  override willUpdate(_changed: PropertyValues): void {
    if (this.known) return;
    this.known = true;
    this.draft = { ...this.draft, ...this.client.shelf.read(`tool.${this.tool}`, isDraft) };
  }

  private follow(errands: readonly Errand[]): void {
    const known = new Set(this.errands);
    if ((this.errands = errands).length) this.prepare();
    for (const errand of errands) if (!known.has(errand)) this.stops.push(errand.state.subscribe(() => this.heard(errand)));
    this.requestUpdate();
  }

  /** Fetches what shows an answer, once there is one. */
  protected prepare(): void {
    import("./result-card.js").then(() => (this.cardless = false), () => (this.cardless = true));
  }

  private heard(errand: Errand): void {
    const { refused, turn } = errand.state.value;
    if (refused?.path) {
      const name = /(\w+)[^\w]*$/.exec(refused.path)?.[1] ?? "";
      if (this.named(name)) {
        this.faults = { [name]: refused.message };
        this.named(name)?.focus();
      }
    }
    if (turn.phase === "completed" && errand.live === false) this.client.announcer.say(t("creator.done", { page: t(`page.${this.tool}`) }));
    this.requestUpdate();
  }

  protected get live(): boolean {
    return this.errands.some(({ live }) => live);
  }

  private get fields(): Named[] {
    return [...this.renderRoot.querySelectorAll<Named>("causerie-field, causerie-area, causerie-select")];
  }

  private named(name: string): Named | undefined {
    return this.fields.find((field) => field.name === name);
  }

  protected text(name: string): string {
    return (this.draft[name] ?? "").trim();
  }

  /** Keeps what stands in the form now. */
  protected keep(change: Draft): void {
    this.draft = { ...this.draft, ...change };
    this.client.shelf.write(`tool.${this.tool}`, this.draft);
  }

  /** Puts other words into the form. */
  protected async put(draft: Draft): Promise<void> {
    this.faults = {};
    this.keep({ ...Object.fromEntries(Object.keys(this.draft).map((name) => [name, ""])), ...draft });
    await this.updateComplete;
    for (const field of this.fields) field.value = this.draft[field.name] ?? "";
  }

  private readonly typed = (event: Event): void => {
    const { name, value } = event.target as Named;
    if (name) this.keep({ [name]: value });
  };

  protected readonly submit = (event: Event): void => {
    event.preventDefault();
    this.ask();
  };

  private ask(): void {
    const missing = this.needed.filter((name) => !this.text(name));
    this.faults = { ...this.misread(), ...Object.fromEntries(missing.map((name) => [name, t("signIn.missing")])) };
    const first = this.fields.find(({ name }) => this.faults[name]);
    if (first) return this.reveal(first);
    if (this.live) return;
    const { path, bodies } = this.request();
    this.shown = this.beside = undefined;
    const whose = this.creator ? { creatorId: this.creator } : {};
    this.follow(runsOf(this.client).start(this.tool, path, bodies.map((body) => ({ ...whose, ...body }))));
    void this.updateComplete.then(() => {
      const answer = this.renderRoot.querySelector(".answer");
      if (innerWidth <= 960) answer?.scrollIntoView({ block: "start", behavior: "smooth" });
    });
  }

  /** Numbers that are none, or out of their bounds: leaving them out in silence would ask something else. */
  private misread(): Record<string, string> {
    const wrong: Record<string, string> = {};
    for (const [name, bounds] of this.numbers) {
      const text = this.text(name);
      const problem = text && this.named(name) && misread(text, bounds);
      if (problem) wrong[name] = problem;
    }
    return wrong;
  }

  private reveal(field: Named): void {
    field.closest("details")?.setAttribute("open", "");
    field.focus();
  }

  protected async tryExample(): Promise<void> {
    await this.put(this.example());
    this.ask();
  }

  protected field(name: string, label: string, look: Look = {}): TemplateResult {
    if (look.numeric) this.numbers.set(name, look.numeric);
    return html`<causerie-field name=${name} label=${label} .initial=${this.draft[name] ?? ""} hint=${look.hint ?? ""}
      .problem=${this.faults[name] ?? ""} ?optional=${look.optional ?? true} inputmode=${look.numeric ? "decimal" : "text"} maxlength="200"></causerie-field>`;
  }

  protected area(name: string, label: string, look: Look = {}): TemplateResult {
    return html`<causerie-area name=${name} label=${label} .initial=${this.draft[name] ?? ""} hint=${look.hint ?? ""} .problem=${this.faults[name] ?? ""}
      ?tall=${look.tall ?? false}></causerie-area>`;
  }

  /** One of a few, or none of them. */
  protected segments(name: string, label: string, options: readonly { id: string; label: string }[]): TemplateResult {
    return html`<div class="named"><span>${label}</span>
      <causerie-segmented label=${label} .options=${options} .value=${this.draft[name] || options[0]?.id || ""}
        @causerie-change=${(event: CustomEvent<string>) => this.keep({ [name]: event.detail })}></causerie-segmented></div>`;
  }

  /** What can be left to the team, behind a line that says what it is. */
  protected aside(label: string, inside: TemplateResult): TemplateResult {
    return html`<details><summary>${label}<small>${t("creator.optional")}</small></summary><div class="inside">${inside}</div></details>`;
  }

  protected page(form: TemplateResult, verb: Key, vacant: TemplateResult, beneath: TemplateResult | typeof nothing = nothing): TemplateResult {
    return html`<h1>${t(`page.${this.tool}`)}</h1>
      <p class="lead">${this.lead()}</p>
      <div class="sides ${this.beside ? "wide" : ""}">
        <form novalidate @submit=${this.submit} @input=${this.typed} @causerie-change=${this.typed}>
          ${form}
          <div class="deeds">
            <button class="button primary" type="submit" aria-disabled=${String(this.live)} aria-busy=${String(this.live)}>${this.live ? t("creator.busy") : t(verb)}</button>
            <button class="button" type="button" ?disabled=${this.live} @click=${() => void this.put({})}>${t("creator.clear")}</button>
          </div>
        </form>
        <section class="answer" aria-label=${t("creator.answer")}>${this.results() ?? this.vacant(vacant)}</section>
      </div>
      ${beneath}
      <causerie-made class="below" .kind=${this.kind} shown=${this.shown?.id ?? ""} beside=${this.beside?.id ?? ""} ?compares=${this.tool === "write"}
        @causerie-listed=${() => this.requestUpdate()}
        @causerie-open=${this.opened} @causerie-compare=${this.compared} @causerie-reuse=${this.reused} @causerie-removed=${this.removed}></causerie-made>`;
  }

  protected abstract lead(): string;

  private vacant(words: TemplateResult): TemplateResult {
    return html`<div class="vacant">${words}
      <button class="button" type="button" @click=${() => void this.tryExample()}>${t("creator.example")}</button></div>`;
  }

  /** What stands at the right; undefined: nothing has been asked yet. */
  protected results(): TemplateResult | undefined {
    if (this.cardless && (this.shown || this.errands.length)) {
      return html`<div class="vacant" role="alert"><p>${t("error.network")}</p>
        <button class="button" type="button" @click=${() => this.prepare()}>${t("retry")}</button></div>`;
    }
    if (this.shown) {
      return html`<causerie-result-card .kind=${this.kind} .generation=${this.shown} .platform=${this.platformOf(this.shown.input)} ?tests=${this.tool === "sales"}></causerie-result-card>`;
    }
    const errands = this.errands.filter(({ path }) => this.request().path === path);
    if (!errands.length) return undefined;
    return html`<div class="stacked">${errands.map(
      (errand) => html`<causerie-result-card .kind=${this.kind} .run=${errand.state.value} .platform=${this.platformOf(errand.body)}
        heading=${errands.length > 1 ? this.titleOf(errand.body) : ""} ?tests=${this.tool === "sales"} @causerie-stop=${() => void errand.cancel()}
        @causerie-deed=${(event: CustomEvent<string>) => this.did(event.detail, errand)}></causerie-result-card>`,
    )}</div>`;
  }

  protected did(deed: string, errand: Errand): void {
    if (deed === "again") return this.again(errand);
    errand.hold();
    if (deed === "edit") this.fields[0]?.focus();
  }

  /** The same once more, whatever stands in the form by now; what was wrong in the form is read anew. */
  private again(errand: Errand): void {
    if (errand.state.value.refused?.path) return this.ask();
    this.follow(runsOf(this.client).again(this.tool, errand));
  }

  /** Captions are for a platform; what else is made is for none. */
  protected platformOf(_input: unknown): Platform | undefined {
    return undefined;
  }

  protected titleOf(_input: unknown): string {
    return "";
  }

  private readonly compared = (event: CustomEvent<GenerationView>): void => {
    this.beside = this.beside?.id === event.detail.id ? undefined : event.detail;
  };

  private readonly removed = (event: CustomEvent<GenerationView>): void => {
    if (event.detail.id === this.shown?.id) this.shown = undefined;
    if (event.detail.id === this.beside?.id) this.beside = undefined;
  };

  private readonly opened = (event: CustomEvent<GenerationView>): void => {
    this.prepare();
    this.shown = event.detail;
    this.renderRoot.querySelector(".answer")?.scrollIntoView({ block: "nearest" });
  };

  private readonly reused = (event: CustomEvent<GenerationView>): void => {
    void this.put(this.draftOf(event.detail.input)).then(() => this.fields[0]?.focus());
  };
}
