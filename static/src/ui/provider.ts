// The client for everything inside the product's own pages. Other sites have one of the same name, that
// also lets their users in: embed/provider.ts.
import { provide } from "@lit/context";
import { css, html, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { Client } from "../core/client.js";
import { clientContext } from "../core/context.js";
import { base, CauserieElement, define } from "./element.js";
import { tokens } from "./tokens.js";

export class Provider extends CauserieElement {
  static override styles = [
    tokens,
    base,
    css`
      :host {
        display: contents;
      }
    `,
  ];

  @provide({ context: clientContext })
  @property({ attribute: false })
  client: Client = new Client();

  override render(): TemplateResult {
    return html`<slot></slot>`;
  }
}

define("causerie-provider", Provider);
