// Which keys do what: chosen by pressing them, switched off, put back.
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../core/i18n.js";
import { bindingOf, choices, defaultOf, GROUPS, legends, spelledOf, type Choices, type Command, type Group } from "../core/keys.js";
import { rebind, reset, type Conflict } from "../core/rebind.js";
import { StoreController } from "../core/store.js";
import { base, buttons, ClientElement, define } from "../ui/element.js";
import { pages, sections } from "../ui/page.js";

const ORDER: readonly Group[] = ["everywhere", "chat", "answers"];

export class Shortcuts extends ClientElement {
  static override styles = [
    base,
    buttons,
    sections,
    pages,
    css`
      kbd {
        display: inline-block;
        min-inline-size: 24px;
        padding: 2px 6px;
        border: 1px solid var(--line);
        border-radius: 4px;
        background: var(--surface);
        font: 13px var(--sans);
        text-align: center;
      }
      .keys {
        flex: 0 0 150px;
      }
      .press {
        padding: 4px 10px;
        border-radius: var(--radius-small);
        background: var(--accent-soft);
        color: var(--accent);
        font-size: 14px;
      }
      .row .wrong {
        flex: 1 1 100%;
        color: var(--bad);
        font-size: 13px;
      }
      @media (max-width: 720px) {
        .keys {
          flex: 0 1 auto;
        }
      }
    `,
  ];

  private readonly chosen = new StoreController(this, (value: Choices) => value);
  /** The command whose keys are waited for. */
  @state() private waiting: Command | undefined;
  @state() private wrong: { command: Command; text: string } | undefined;

  override disconnectedCallback(): void {
    this.stop();
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const changed = Object.keys(this.chosen.follow(choices) ?? {}).length > 0;
    return html`
      <h1>${t("page.shortcuts")}</h1>
      <p class="muted lead">${t("shortcuts.text")}</p>
      ${ORDER.map((group) => html`<section>
        <h2>${t(`shortcuts.group.${group}`)}</h2>
        <ul class="rows">${GROUPS[group].map((command) => this.row(command))}</ul>
      </section>`)}
      <p class="more"><button class="button" type="button" ?disabled=${!changed} @click=${this.resetAll}>${t("shortcuts.resetAll")}</button></p>`;
  }

  private row(command: Command): TemplateResult {
    const keys = bindingOf(command);
    const name = t(`shortcuts.command.${command}`);
    const waits = this.waiting === command;
    return html`<li class="row" data-command=${command}>
      <span class="what">${name}</span>
      <span class="keys">${waits
        ? html`<span class="press" role="status">${t("shortcuts.press")}</span>`
        : keys === null
          ? html`<span class="muted">${t("shortcuts.off")}</span>`
          : legends(keys).map((part) => html`<kbd>${part}</kbd> `)}</span>
      <span class="deeds">
        <button class="button small" type="button" aria-label=${t(waits ? "shortcuts.cancelLabel" : "shortcuts.changeLabel", { name })}
          @click=${() => (waits ? this.stop() : this.wait(command))}>${waits ? t("cancel") : t("shortcuts.change")}</button>
        ${keys === null
          ? nothing
          : html`<button class="button small" type="button" aria-label=${t("shortcuts.offLabel", { name })}
              @click=${() => this.put(command, null)}>${t("shortcuts.switchOff")}</button>`}
        <button class="button small" type="button" ?disabled=${keys === defaultOf(command)} aria-label=${t("shortcuts.resetLabel", { name })}
          @click=${() => this.complain(command, reset(command))}>${t("shortcuts.reset")}</button>
      </span>
      ${this.wrong?.command === command ? html`<p class="wrong" role="alert">${this.wrong.text}</p>` : nothing}
    </li>`;
  }

  private wait(command: Command): void {
    this.wrong = undefined;
    this.waiting = command;
    // Before everything else, so that the keys that are pressed do nothing while they are chosen.
    addEventListener("keydown", this.pressed, true);
  }

  private readonly stop = (): void => {
    this.waiting = undefined;
    removeEventListener("keydown", this.pressed, true);
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    const command = this.waiting;
    // Tab goes on, so that nobody is caught; so do Enter and Space on the button that gives up.
    if (!command || event.key === "Tab" || event.key === "Enter" || event.key === " ") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const keys = spelledOf(event);
    if (!keys) return;
    this.stop();
    // Escape gives up, as everywhere, unless it is what the command has or had.
    if (keys === "escape" && defaultOf(command) !== "escape") return;
    this.put(command, keys);
  };

  private put(command: Command, keys: string | null): void {
    this.complain(command, rebind(command, keys));
  }

  private complain(command: Command, conflict: Conflict | undefined): void {
    if (!conflict) {
      this.wrong = undefined;
      this.tell("toast", { text: t("shortcuts.saved", { name: t(`shortcuts.command.${command}`) }) });
      return;
    }
    const text = conflict.kind === "command"
      ? t("shortcuts.taken", { name: t(`shortcuts.command.${conflict.command}`) })
      : t(conflict.kind === "browser" ? "shortcuts.browser" : "shortcuts.typing");
    this.wrong = { command, text };
  }

  private readonly resetAll = (): void => {
    reset();
    this.wrong = undefined;
    this.tell("toast", { text: t("shortcuts.resetDone") });
  };
}

define("causerie-shortcuts", Shortcuts);
