import { css } from "lit";

/** Of the search over the page: a field on top, what was found below it, nothing that moves. */
export const searchStyles = css`
  dialog {
    inline-size: min(640px, calc(100vw - 24px));
    max-inline-size: none;
    max-block-size: min(640px, calc(100dvh - 24px));
    margin: min(12dvh, 110px) auto auto;
    padding: 0;
    border: 0;
    border-radius: var(--radius-large);
    background: var(--surface);
    color: var(--text);
    box-shadow: var(--shadow);
    overflow: hidden;
  }
  dialog[open] {
    display: flex;
    flex-direction: column;
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 40%);
  }
  .field {
    display: flex;
    flex: none;
    align-items: center;
    gap: 10px;
    padding: 4px 10px 4px 18px;
    border-block-end: 1px solid var(--line);
    color: var(--muted);
  }
  input {
    flex: 1;
    min-inline-size: 0;
    block-size: 48px;
    padding: 0;
    border: 0;
    background: none;
    color: var(--text);
    font-size: 16px;
  }
  /* The button that closes stands beside it; Escape empties it. */
  input::-webkit-search-cancel-button {
    display: none;
  }
  input:focus-visible {
    outline: none;
  }
  .field:focus-within {
    box-shadow: inset 0 -1px var(--accent);
    border-block-end-color: var(--accent);
  }
  .list {
    flex: 1;
    min-block-size: 0;
    padding: 4px 8px 10px;
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
  }
  h3 {
    padding: 12px 10px 4px;
    color: var(--muted);
    font-size: 12px;
    font-weight: 500;
  }
  .option {
    display: flex;
    align-items: start;
    gap: 12px;
    padding: 8px 10px;
    border-radius: var(--radius-small);
    color: inherit;
    font-size: 14px;
    text-decoration: none;
    cursor: pointer;
    scroll-margin-block: 32px;
  }
  .option svg {
    margin-block-start: 1px;
    color: var(--muted);
  }
  .option[aria-selected="true"] {
    background: var(--accent-soft);
  }
  .option[aria-selected="true"] svg {
    color: var(--accent);
  }
  .words {
    display: grid;
    flex: 1;
    gap: 1px;
    min-inline-size: 0;
  }
  .title {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .snippet {
    display: -webkit-box;
    overflow: hidden;
    color: var(--muted);
    font-size: 13px;
    overflow-wrap: anywhere;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
  }
  mark {
    padding-inline: 1px;
    border-radius: 2px;
    background: color-mix(in oklab, var(--accent) 22%, transparent);
    color: var(--text);
  }
  .when {
    flex: none;
    color: var(--muted);
    font-size: 12px;
    line-height: 20px;
  }
  .list:not(:has(.option)) {
    display: none;
  }
  .state {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 20px 18px;
    color: var(--muted);
    font-size: 14px;
  }
  .foot {
    display: flex;
    flex: none;
    gap: 16px;
    padding: 8px 18px;
    border-block-start: 1px solid var(--line);
    color: var(--muted);
    font-size: 12px;
  }
  @media (pointer: coarse) {
    .option {
      padding-block: 11px;
    }
    .foot {
      display: none;
    }
  }
  @media (max-width: 640px) {
    dialog {
      margin-block-start: max(12px, env(safe-area-inset-top));
    }
  }
  @media (forced-colors: active) {
    input:focus-visible {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
    .option[aria-selected="true"] {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
