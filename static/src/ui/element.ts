// The base of every element: shared styles, the client from above, one way to define and to tell.
import { consume } from "@lit/context";
import { css, LitElement, type PropertyValues } from "lit";

import type { Client } from "../core/client.js";
import { clientContext } from "../core/context.js";
import { spoken } from "../core/i18n.js";
import { fit } from "./fit.js";
import { keep, placeIn, type Place } from "./keyboard.js";

export const base = css`
  :host {
    box-sizing: border-box;
    display: block;
    font: 400 15px/1.45 var(--sans);
    color: var(--text);
    -webkit-font-smoothing: antialiased;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  figure {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  a {
    color: var(--accent);
    text-underline-offset: 0.18em;
    text-decoration-thickness: 1px;
  }
  button,
  input,
  textarea,
  select {
    font: inherit;
    color: inherit;
    letter-spacing: inherit;
  }
  ::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  button {
    cursor: pointer;
  }
  button:disabled,
  button[aria-disabled="true"] {
    cursor: default;
  }
  :focus {
    outline: none;
  }
  :focus-visible,
  /* Of a date the button of its calendar has the keyboard last, which counts as nobody's. */
  input:is([type="date"], [type="datetime-local"]):focus-within {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  svg {
    display: block;
    flex: none;
  }
  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .figure {
    font-variant-numeric: tabular-nums;
  }
  .muted {
    color: var(--muted);
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }
`;

export const buttons = css`
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    block-size: var(--control-height);
    padding-inline: 14px;
    border: 1px solid var(--control);
    border-radius: var(--radius-small);
    background: var(--surface);
    color: var(--text);
    font-weight: 500;
    text-decoration: none;
    white-space: nowrap;
    transition: background var(--state);
  }
  .button:hover:not(:disabled, [aria-disabled="true"]) {
    background: var(--sunken);
  }
  .button.primary {
    border-color: transparent;
    background: var(--accent);
    color: var(--on-accent);
  }
  .button.primary:hover:not(:disabled, [aria-disabled="true"]) {
    background: color-mix(in oklab, var(--accent) 88%, var(--text));
  }
  .button.danger {
    border-color: transparent;
    background: var(--bad);
    color: var(--surface);
  }
  .button.danger:hover:not(:disabled) {
    background: color-mix(in oklab, var(--bad) 88%, var(--text));
  }
  .button:disabled,
  .button[aria-disabled="true"] {
    border-color: var(--line);
    background: var(--sunken);
    color: var(--muted);
  }
  .button.small {
    block-size: 28px;
    padding-inline: 10px;
    font-size: 13px;
  }
  .quiet {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-inline-size: 28px;
    min-block-size: 28px;
    padding: 0 6px;
    border: 0;
    border-radius: var(--radius-small);
    background: none;
    color: var(--muted);
    transition: background var(--state), color var(--state);
  }
  .quiet:hover:not(:disabled),
  .quiet[aria-expanded="true"] {
    background: color-mix(in oklab, var(--text) 8%, transparent);
    color: var(--text);
  }
  @media (max-width: 720px) {
    .button {
      block-size: auto;
      min-block-size: var(--control-height);
      padding-block: 2px;
      white-space: normal;
    }
  }
  @media (pointer: coarse) {
    .button.small {
      block-size: 40px;
    }
    .quiet {
      min-inline-size: 40px;
      min-block-size: 40px;
    }
  }
`;

/** An element that needs nothing from above. */
export class CauserieElement extends LitElement {
  private hush: (() => void) | undefined;
  private place: Place | undefined;

  protected override createRenderRoot(): HTMLElement | DocumentFragment {
    const root = super.createRenderRoot();
    if (root instanceof ShadowRoot) fit(root, (this.constructor as typeof LitElement).elementStyles);
    return root;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.hush = spoken.subscribe(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    this.hush?.();
    super.disconnectedCallback();
  }

  protected override update(changed: PropertyValues): void {
    const place = placeIn(this.renderRoot) ?? this.place;
    super.update(changed);
    this.place = place && keep(place);
  }

  /** News goes up as composed events, so that a host page hears it too. */
  protected tell(name: string, detail?: unknown): boolean {
    return this.dispatchEvent(
      new CustomEvent(`causerie-${name}`, { detail, bubbles: true, composed: true, cancelable: true }),
    );
  }
}

/** An element that shows what the client knows. */
export class ClientElement extends CauserieElement {
  @consume({ context: clientContext })
  client!: Client;
}

const instead = new Map<string, string>();

/** From now on `name` is defined as `other`: the name itself is taken by what other sites see. */
export function rename(name: string, other: string): void {
  instead.set(name, other);
}

/** Guarded, so that two bundles on one page do not collide. */
export function define(name: string, element: CustomElementConstructor): void {
  const known = instead.get(name) ?? name;
  if (!customElements.get(known)) customElements.define(known, element);
}
