// How the fields of the controls look: narrow, one below the other.
import { css } from "lit";

export const choosing = css`
  label {
    display: grid;
    gap: 4px;
    font-size: 14px;
    font-weight: 500;
  }
  select,
  textarea {
    inline-size: 100%;
    padding-inline: 8px;
    border: 1px solid var(--control);
    border-radius: var(--radius-small);
    background: var(--surface);
    font-size: 14px;
    font-weight: 400;
  }
  select {
    block-size: 34px;
    text-overflow: ellipsis;
  }
  textarea {
    min-block-size: 64px;
    max-block-size: 40dvh;
    padding-block: 6px;
    line-height: 1.4;
    resize: vertical;
    field-sizing: content;
  }
  p {
    margin-block-start: 4px;
    font-size: 12px;
    color: var(--muted);
    overflow-wrap: anywhere;
  }
  @media (pointer: coarse) {
    select {
      block-size: 44px;
    }
    select,
    textarea {
      font-size: 16px;
    }
  }
`;
