// The regions that a screen reader listens to; they stand once in the page and are never seen.
import { css, html, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import type { Politeness } from "../core/announce.js";
import { base, ClientElement, define } from "./element.js";

export class AnnouncerRegion extends ClientElement {
  static override styles = [
    base,
    css`
      :host {
        position: fixed;
        inset-block-start: 0;
        inset-inline-start: 0;
      }
    `,
  ];

  @state() private polite = "";
  @state() private assertive = "";
  @state() private log = "";

  override connectedCallback(): void {
    super.connectedCallback();
    this.client.announcer.addEventListener("say", this.hear);
  }

  override disconnectedCallback(): void {
    this.client.announcer.removeEventListener("say", this.hear);
    super.disconnectedCallback();
  }

  private readonly hear = (event: Event): void => {
    const { text, politeness } = (event as CustomEvent<{ text: string; politeness: Politeness }>).detail;
    this[politeness] = text;
  };

  override render(): TemplateResult {
    return html`<div class="unseen" role="status">${this.polite}</div>
      <div class="unseen" role="log" dir="auto">${this.log}</div>
      <div class="unseen" role="alert">${this.assertive}</div>`;
  }
}

define("causerie-announcer", AnnouncerRegion);
