import { css } from "lit";

import { rows } from "./rows.js";

/** Pages of settings and lists: one column, sections apart by space and hairlines. */
export const pages = css`
  :host {
    max-inline-size: 860px;
    margin-inline: auto;
    padding: 32px 24px 64px;
  }
  h1 {
    margin-block-end: 8px;
    font-size: 22px;
    font-weight: 600;
    letter-spacing: -0.01em;
    overflow-wrap: anywhere;
  }
  .lead {
    max-inline-size: var(--measure);
    overflow-wrap: anywhere;
  }
  h1 ~ section,
  h1 ~ * > section,
  h1 ~ .part {
    margin-block-start: 40px;
  }
  @media (max-width: 720px) {
    :host {
      padding-inline: 16px;
    }
  }
`;

/** A part of a page, with a heading of its own. */
export const sections = css`
  ${rows}
  h2 {
    margin-block-end: 4px;
    font-size: 16px;
    font-weight: 600;
  }
  h2 + p {
    max-inline-size: var(--measure);
  }
  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 12px;
    margin-block-start: 16px;
  }
  .line > causerie-field,
  .line > causerie-select {
    flex: 0 1 280px;
    min-inline-size: min(200px, 100%);
  }
  .line > .button:not(.small) {
    block-size: 40px;
  }
  .stack {
    display: grid;
    gap: 16px;
    justify-items: start;
    max-inline-size: 360px;
    margin-block-start: 16px;
  }
  .stack > causerie-field,
  .stack > causerie-select,
  .stack > .problem {
    inline-size: 100%;
  }
  small {
    font-size: 13px;
    color: var(--muted);
  }
  .check {
    display: flex;
    align-items: start;
    gap: 10px;
    cursor: pointer;
  }
  .check input {
    flex: none;
    inline-size: 18px;
    block-size: 18px;
    margin: 2px 0 0;
    accent-color: var(--accent);
  }
  .check small {
    display: block;
  }
  .check input[role="switch"] {
    position: relative;
    inline-size: 34px;
    block-size: 20px;
    margin-block-start: 1px;
    border-radius: 10px;
    background: var(--control);
    appearance: none;
    cursor: pointer;
    transition: background var(--state);
  }
  .check input[role="switch"]::before {
    content: "";
    position: absolute;
    inset-block-start: 3px;
    inset-inline-start: 3px;
    inline-size: 14px;
    block-size: 14px;
    border-radius: 50%;
    background: var(--surface);
    transition: inset-inline-start var(--state);
  }
  .check input[role="switch"]:checked {
    background: var(--accent);
  }
  .check input[role="switch"]:checked::before {
    inset-inline-start: 17px;
  }
  @media (forced-colors: active) {
    .check input[role="switch"] {
      appearance: auto;
    }
    .check input[role="switch"]::before {
      content: none;
    }
  }
  fieldset {
    display: grid;
    gap: 10px;
    margin: 0;
    padding: 0;
    border: 0;
    min-inline-size: 0;
  }
  legend {
    margin-block-end: 8px;
    padding: 0;
    font-size: 14px;
    font-weight: 500;
  }
  code {
    font: 13px var(--mono);
    color: var(--muted);
    overflow-wrap: anywhere;
  }
  strong {
    font-weight: 600;
  }
  @media (pointer: coarse) {
    .line > .button:not(.small) {
      block-size: 44px;
    }
  }
  @media (max-width: 720px) {
    .row .deeds {
      flex: 1 1 100%;
      margin-block-start: 8px;
    }
    .line > causerie-field,
    .line > causerie-select {
      flex: 1 1 100%;
    }
  }
`;
