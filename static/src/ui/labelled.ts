// How a field looks with its label above it and, below it, a hint or what is wrong with it.
import { css } from "lit";

export const labelled = css`
  label {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 6px;
    font-size: 14px;
    font-weight: 500;
  }
  input,
  select,
  textarea {
    inline-size: 100%;
    border: 1px solid var(--control);
    border-radius: var(--radius-small);
    background: var(--surface);
    font-size: 16px;
    font-weight: 400;
  }
  input,
  select {
    block-size: 40px;
    padding-inline: 12px;
  }
  [aria-invalid="true"] {
    border-color: var(--bad);
  }
  p {
    margin-block-start: 6px;
    font-size: 13px;
    color: var(--muted);
  }
  p.problem {
    color: var(--bad);
  }
  @media (pointer: coarse) {
    input,
    select {
      block-size: 44px;
    }
  }
`;
