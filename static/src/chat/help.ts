// All shortcuts on one sheet, as this keyboard has them written on its keys.
import { css, html, type TemplateResult } from "lit";
import { query } from "lit/decorators.js";

import texts from "../../locales/en.search.json";
import { extend, t } from "../core/i18n.js";
import { bindingOf, choices, GROUPS, legends, means, type Choices, type Command, type Group } from "../core/keys.js";
import { StoreController } from "../core/store.js";
import type { Dialog } from "../ui/dialog.js";
import "../ui/dialog.js";
import { base, CauserieElement, define } from "../ui/element.js";

extend(texts);

export class Help extends CauserieElement {
  static override styles = [
    base,
    css`
      .groups {
        columns: 2;
        column-gap: 40px;
      }
      section {
        break-inside: avoid;
        padding-block-end: 20px;
      }
      h3 {
        padding-block: 12px 4px;
        color: var(--muted);
        font-size: 13px;
        font-weight: 500;
      }
      li {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 16px;
        min-block-size: 38px;
        padding-block: 6px;
        border-block-end: 1px solid var(--line);
        font-size: 14px;
      }
      .keys {
        display: flex;
        flex: none;
        gap: 3px;
      }
      kbd {
        display: grid;
        place-items: center;
        min-inline-size: 24px;
        block-size: 24px;
        padding-inline: 6px;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
        background: var(--sunken);
        font: inherit;
        font-size: 12px;
      }
      .off {
        color: var(--muted);
        font-size: 13px;
      }
      @media (max-width: 640px) {
        .groups {
          columns: 1;
        }
      }
    `,
  ];

  private readonly chosen = new StoreController(this, (value: Choices) => value);
  @query("causerie-dialog") private dialog!: Dialog;

  override firstUpdated(): void {
    void this.dialog.show();
  }

  override render(): TemplateResult {
    this.chosen.follow(choices);
    return html`<causerie-dialog wide heading=${t("shortcut.title")} @causerie-closed=${this.closed} @keydown=${this.key}>
      <div class="groups">${(Object.keys(GROUPS) as Group[]).map(
        (group) => html`<section>
          <h3>${t(`shortcut.group.${group}`)}</h3>
          <ul>${GROUPS[group].map((command) => this.line(command))}</ul>
        </section>`,
      )}</div>
      <p class="off"><a href="/settings/shortcuts" @click=${() => this.dialog.close()}>${t("shortcut.change")}</a></p>
    </causerie-dialog>`;
  }

  private line(command: Command): TemplateResult {
    const keys = bindingOf(command);
    return html`<li><span>${t(`shortcut.${command}`)}</span>${keys === null
      ? html`<span class="off">${t("shortcut.off")}</span>`
      : html`<span class="keys">${legends(keys).map((key) => html`<kbd>${key}</kbd>`)}</span>`}</li>`;
  }

  /** What opened it closes it again. */
  private key(event: KeyboardEvent): void {
    if (!means(event, "help")) return;
    event.preventDefault();
    this.dialog.close();
  }

  private closed(event: Event): void {
    event.stopPropagation();
    this.tell("overlay-closed");
  }
}

define("causerie-help", Help);
