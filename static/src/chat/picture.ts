// One of our own pictures inside an answer: by its address where a cookie goes along with it, by its
// bytes in another site's page, which has neither our address nor our cookie.
import { css, html, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { base, ClientElement, define } from "../ui/element.js";

export class Picture extends ClientElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
        max-inline-size: 100%;
      }
      img {
        display: block;
        max-inline-size: 100%;
        block-size: auto;
        border-radius: var(--radius);
      }
    `,
  ];

  @property() path = "";
  /** What stands there until it has come, and where it does not. */
  @property() alt = "";
  @state() private source = "";

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has("path")) return;
    const source = this.client.api.source(this.path);
    if (typeof source === "string") this.source = source;
    else source.then((url) => (this.source = url)).catch(() => undefined);
  }

  override render(): TemplateResult {
    return this.source ? html`<img src=${this.source} alt=${this.alt} loading="lazy" />` : html`${this.alt}`;
  }
}

define("causerie-picture", Picture);
