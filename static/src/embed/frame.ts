// The box in another site's page inside which everything is ours: nothing is inherited but direction
// and the public custom properties, and what the styles within ask of a window is asked of it.
import { provide } from "@lit/context";
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import type { Client } from "../core/client.js";
import { clientContext } from "../core/context.js";
import { isTheme, type Theme } from "../core/theme.js";
import { base, CauserieElement, define } from "../ui/element.js";
import { tokens } from "../ui/tokens.js";
import { follow } from "./links.js";

export class Frame extends CauserieElement {
  static override styles = [
    css`
      :host {
        all: initial;
      }
    `,
    tokens,
    base,
    css`
      :host {
        /* Shades between the colours that a host may have chosen. */
        --accent-soft: color-mix(in oklab, var(--accent) 14%, var(--surface));
        --muted: color-mix(in oklab, var(--text) 70%, var(--canvas));
        --control: color-mix(in oklab, var(--text) 52%, var(--canvas));
        --line: color-mix(in oklab, var(--text) 13%, var(--canvas));
        --sunken: light-dark(color-mix(in oklab, var(--text) 4%, var(--canvas)), color-mix(in oklab, black 25%, var(--canvas)));
        color-scheme: light dark;
        container-type: inline-size;
        overflow-wrap: break-word;
      }
      :host([theme="light"]) {
        color-scheme: light;
      }
      :host([theme="dark"]) {
        color-scheme: dark;
      }
      :host([kind="box"]),
      :host([kind="whole"]) {
        background: var(--canvas);
        border-radius: var(--radius);
      }
      :host([kind="box"]) {
        padding: 16px;
      }
      :host([kind="whole"]) {
        block-size: 100%;
        container-type: size;
        /* What stands at the window's edges on our own pages stands at the box's here. */
        contain: layout;
        overflow: clip;
      }
      :host([kind="none"]) {
        container-type: normal;
      }
    `,
  ];

  @provide({ context: clientContext })
  @property({ attribute: false })
  client!: Client;
  @property({ reflect: true }) theme: Theme = "system";
  /** `bare`: inside another of ours. `whole`: as high as the host says, for what scrolls inside. `none`: only the styles are wanted. */
  @property({ reflect: true }) kind: "bare" | "box" | "whole" | "none" = "box";

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("click", this.clicked);
    this.addEventListener("auxclick", this.clicked);
    this.addEventListener("causerie-theme", this.themed);
  }

  private readonly clicked = (event: Event): void => {
    if (this.client) follow(event as MouseEvent, this.client, this);
  };

  private readonly themed = (event: Event): void => {
    const { detail } = event as CustomEvent<unknown>;
    if (isTheme(detail)) this.theme = detail;
  };

  override render(): TemplateResult {
    return html`<slot></slot>`;
  }
}

define("causerie-frame", Frame);
