import { css, unsafeCSS } from "lit";

import { SERIES } from "../ui/tokens.js";

const swatches = SERIES.map((_pair, at) => `.s${at + 1} { background: var(--series-${at + 1}); } .f${at + 1} { fill: var(--series-${at + 1}); }`).join("\n");

/** Dense where figures are: hairlines and alignment, no boxes. */
export const styles = css`
  :host {
    max-inline-size: 1360px;
    margin-inline: auto;
    padding: 24px 24px 48px;
  }
  .head,
  .controls,
  .title {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 16px;
  }
  h1 {
    font-size: 22px;
    font-weight: 600;
    letter-spacing: -0.01em;
  }
  h2 {
    font-size: 13px;
    font-weight: 600;
  }
  .health {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    font-size: 13px;
    color: var(--muted);
  }
  .health i {
    inline-size: 8px;
    block-size: 8px;
    border-radius: 50%;
    background: currentColor;
    forced-color-adjust: none;
  }
  .health.ok {
    color: var(--ok);
  }
  .health.warn {
    color: var(--warn);
  }
  .health.bad,
  .value.bad {
    color: var(--bad);
  }
  .actions {
    display: flex;
    gap: 8px;
    margin-inline-start: auto;
  }
  .pause {
    min-inline-size: 84px;
  }
  .controls {
    margin-block: 16px 20px;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 2px;
    padding-inline-start: 12px;
    border: 1px solid var(--line);
    border-radius: 99px;
    background: var(--surface);
    font-size: 13px;
  }
  .utc {
    margin-inline-end: 8px;
    font-size: 13px;
  }
  .wait {
    padding-block: 24px;
  }
  .empty {
    padding-block-end: 12px;
    font-size: 13px;
  }
  .tiles {
    display: grid;
    grid-template-columns: repeat(6, minmax(0, 1fr));
    border-block: 1px solid var(--line);
  }
  .tile {
    min-inline-size: 0;
    padding: 14px 16px;
    border-inline-start: 1px solid var(--line);
  }
  .tile:first-child {
    padding-inline-start: 0;
    border-inline-start: 0;
  }
  .tile dt,
  .aside {
    font-size: 12px;
    color: var(--muted);
  }
  /* Two lines, whatever is said: figures that grow do not move the page. */
  .tile .aside {
    min-block-size: 2.9em;
  }
  .value {
    margin-block: 2px;
    font-size: 22px;
    font-weight: 600;
    letter-spacing: -0.01em;
    white-space: nowrap;
  }
  .up {
    color: var(--warn);
  }
  .two {
    display: grid;
    grid-template: auto 1fr / minmax(0, 1fr) 300px;
    gap: 0 32px;
  }
  section .title {
    min-block-size: 48px;
    justify-content: space-between;
  }
  .title .quiet {
    font-size: 13px;
    padding-inline: 8px;
    margin-inline-end: -8px;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 16px;
    min-block-size: 20px;
    font-size: 12px;
  }
  .legend li {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .legend li {
    max-inline-size: 100%;
  }
  .legend .pick {
    min-inline-size: 0;
  }
  .legend .figure {
    min-inline-size: 8ch;
    color: var(--muted);
  }
  .swatch {
    flex: none;
    inline-size: 10px;
    block-size: 10px;
    border-radius: 3px;
    background: var(--control);
    forced-color-adjust: none;
  }
  .add {
    font-size: 13px;
  }
  ${unsafeCSS(swatches)}
  .plotbox {
    position: relative;
    margin-block-start: 8px;
  }
  .none {
    position: absolute;
    inset-block-start: 40%;
    inset-inline: 80px 16px;
    text-align: center;
  }
  /* The lines of the grid end at its words. */
  .none span {
    padding-inline: 8px;
    background: var(--canvas);
    box-decoration-break: clone;
    -webkit-box-decoration-break: clone;
  }
  .two > .aside {
    grid-area: 1 / 2 / span 2;
    border-inline-start: 1px solid var(--line);
    padding-inline-start: 24px;
    min-inline-size: 0;
    color: inherit;
    font-size: inherit;
  }
  .dates {
    display: inline-flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 6px;
  }
  input.moment {
    min-block-size: var(--control-height);
    padding: 0 8px;
    border: 1px solid var(--control);
    border-radius: var(--radius-small);
    background: var(--surface);
    color: var(--text);
    font: inherit;
    font-size: 13px;
    font-variant-numeric: tabular-nums;
  }
  @media (max-width: 1100px) {
    .tiles {
      grid-template-columns: repeat(3, minmax(0, 1fr));
    }
    .tile:nth-child(n + 4) {
      border-block-start: 1px solid var(--line);
    }
    .tile:nth-child(3n + 1) {
      padding-inline-start: 0;
      border-inline-start: 0;
    }
    .two {
      grid-template: none / minmax(0, 1fr);
    }
    .two > .aside {
      display: contents;
    }
    causerie-cost-alerts {
      order: -1;
      border-block-end: 1px solid var(--line);
    }
    .dearest {
      border-block-start: 1px solid var(--line);
      margin-block-start: 16px;
    }
  }
  @media (max-width: 720px) {
    :host {
      padding: 16px 16px 32px;
    }
    .controls {
      gap: 8px;
    }
    .dash {
      display: none;
    }
    .tiles {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    .tile:nth-child(n) {
      padding-inline-start: 16px;
      border-inline-start: 1px solid var(--line);
    }
    .tile:nth-child(2n + 1) {
      padding-inline-start: 0;
      border-inline-start: 0;
    }
    .tile:nth-child(n + 3) {
      border-block-start: 1px solid var(--line);
    }
    .value {
      font-size: 19px;
    }
  }
`;
