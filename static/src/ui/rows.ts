// Things below each other with hairlines between them, and the tags beside their names.
import { css } from "lit";

export const tags = css`
  .tag {
    display: inline-block;
    max-inline-size: 100%;
    padding: 1px 8px;
    border-radius: var(--radius-small);
    background: var(--sunken);
    color: var(--muted);
    font-size: 12px;
    font-weight: 500;
    overflow-wrap: anywhere;
  }
  .tag.good {
    background: var(--accent-soft);
    color: var(--accent);
  }
  .tag.warn {
    background: var(--warn-soft);
    color: var(--warn);
  }
  .tag.bad {
    background: var(--bad-soft);
    color: var(--bad);
  }
`;

/** With what stands in their place while they come, and where they do not. */
export const rows = css`
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 16px;
    padding-block: 12px;
    border-block-end: 1px solid var(--line);
  }
  .row:first-child {
    border-block-start: 1px solid var(--line);
  }
  .rows {
    margin-block-start: 16px;
  }
  .row .what {
    flex: 1 1 240px;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .row .what small {
    display: block;
  }
  .row .deeds {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  .more {
    margin-block-start: 16px;
  }
  .loading {
    margin-block-start: 24px;
    color: var(--muted);
    animation: appear 1ms 200ms backwards;
  }
  @keyframes appear {
    from {
      opacity: 0;
    }
  }
  .failed {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 12px;
    margin-block-start: 24px;
  }
  ${tags}
`;
