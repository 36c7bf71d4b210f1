import { css } from "lit";

const shade = css`color-mix(in srgb, var(--text) 16%, transparent)`;

/**
 * A shade at each side where more stands than is seen. It stays with the box; what covers it moves
 * with the content, and lies over it where that ends.
 */
export const shaded = css`
    background:
      linear-gradient(to right, var(--canvas) 35%, transparent) left / 36px 100% no-repeat local,
      linear-gradient(to left, var(--canvas) 35%, transparent) right / 36px 100% no-repeat local,
      linear-gradient(to right, ${shade}, transparent) left / 10px 100% no-repeat scroll,
      linear-gradient(to left, ${shade}, transparent) right / 10px 100% no-repeat scroll;
`;

/** Tables of figures: hairlines, tabular numerals, a box of their own to scroll in. */
export const tables = css`
  .scroll {
    overflow-x: auto;
    ${shaded}
  }
  .scroll.tall {
    max-block-size: 256px;
    overflow-y: auto;
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-size: 14px;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 7px 0 7px 24px;
    border-block-start: 1px solid var(--line);
    text-align: start;
    font-weight: 400;
    white-space: nowrap;
  }
  th:first-child {
    padding-inline-start: 0;
  }
  thead th {
    border-block-start: 0;
    font-size: 12px;
    color: var(--muted);
  }
  .number {
    text-align: end;
  }
  .strong {
    font-weight: 600;
  }
  .pick {
    display: inline-flex;
    align-items: center;
    gap: 10px;
    max-inline-size: 26rem;
    min-block-size: 24px;
    padding: 0;
    border: 0;
    background: none;
  }
  .pick span {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .pick:hover span {
    text-decoration: underline;
    text-underline-offset: 0.18em;
  }
  @media (max-width: 720px) {
    th,
    td {
      padding-inline-start: 16px;
    }
    th:first-child {
      padding-inline-start: 0;
    }
  }
`;
