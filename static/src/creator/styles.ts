// What the creator's tools and the writing page share: form and answer side by side, what was made below.
import { css } from "lit";

import { rows } from "../ui/rows.js";

/** The page itself; its parts have none of its margins. */
export const toolPage = css`
  :host {
    max-inline-size: 1180px;
    margin-inline: auto;
    padding: 32px 24px 64px;
  }
  @media (max-width: 720px) {
    :host {
      padding-inline: 16px;
    }
  }
`;

export const tools = css`
  ${rows}
  h1 {
    margin-block-end: 4px;
    font-size: 22px;
    font-weight: 600;
    letter-spacing: -0.01em;
  }
  h2 {
    font-size: 16px;
    font-weight: 600;
  }
  .lead {
    max-inline-size: var(--measure);
    color: var(--muted);
  }
  .sides {
    display: grid;
    grid-template-columns: minmax(0, 5fr) minmax(0, 6fr);
    gap: 40px;
    align-items: start;
    margin-block-start: 24px;
  }
  .sides.wide {
    grid-template-columns: minmax(0, 1fr);
  }
  form {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 16px;
    min-inline-size: 0;
  }
  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(150px, 100%), 1fr));
    gap: 16px;
    align-items: end;
  }
  /* Names that take two lines in less would put one field lower than the next. */
  .pair.long {
    grid-template-columns: repeat(auto-fit, minmax(min(175px, 100%), 1fr));
  }
  .pair > * {
    align-self: start;
  }
  .named {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 6px;
    justify-items: start;
  }
  .named > span:first-child,
  legend {
    padding: 0;
    font-size: 14px;
    font-weight: 500;
  }
  fieldset {
    display: grid;
    gap: 8px;
    min-inline-size: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    margin-block-end: 6px;
  }
  small,
  .hint {
    font-size: 13px;
    color: var(--muted);
  }
  .deeds {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 12px;
  }
  form .deeds .button:not(.small) {
    block-size: 40px;
  }
  .deeds .primary {
    min-inline-size: 120px;
  }
  /* Its line is there before the price is: what stands below stays where it is. */
  .estimate {
    min-block-size: 19px;
  }
  details {
    border-block: 1px solid var(--line);
  }
  details + details {
    margin-block-start: -17px;
  }
  summary {
    padding-block: 10px;
    font-size: 14px;
    font-weight: 500;
    cursor: pointer;
  }
  summary small {
    margin-inline-start: 6px;
    font-weight: 400;
  }
  .inside {
    display: grid;
    gap: 16px;
    padding-block: 4px 16px;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-block-size: 30px;
    max-inline-size: 100%;
    padding: 2px 12px;
    border: 1px solid var(--control);
    border-radius: 99px;
    background: var(--surface);
    font-size: 13px;
    text-align: start;
    overflow-wrap: anywhere;
    transition: background var(--state);
  }
  button.chip:hover {
    background: var(--sunken);
  }
  .chip[aria-pressed="true"] {
    border-color: var(--accent);
    background: var(--accent-soft);
    color: var(--accent);
  }
  .answer {
    min-inline-size: 0;
    min-block-size: 320px;
    padding: 20px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
  }
  .stacked {
    display: grid;
    gap: 40px;
  }
  .two {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(240px, 100%), 1fr));
    gap: 32px;
  }
  .vacant {
    display: grid;
    gap: 12px;
    justify-items: start;
    max-inline-size: 32rem;
    color: var(--muted);
  }
  .vacant ul {
    padding-inline-start: 1.2em;
    list-style: disc;
  }
  .below {
    margin-block-start: 48px;
  }
  .row {
    align-items: start;
  }
  .rows {
    margin-block-start: 12px;
  }
  .loading,
  .failed {
    margin-block-start: 16px;
  }
  .empty {
    margin-block-start: 12px;
    color: var(--muted);
  }
  @media (max-width: 960px) {
    .sides {
      grid-template-columns: minmax(0, 1fr);
      gap: 24px;
    }
    .answer {
      min-block-size: 160px;
    }
  }
  @media (max-width: 720px) {
    .answer {
      padding: 16px;
    }
  }
  @media (pointer: coarse) {
    .chip {
      min-block-size: 44px;
    }
    form .deeds .button:not(.small) {
      block-size: 44px;
    }
    summary {
      padding-block: 13px;
    }
  }
`;
