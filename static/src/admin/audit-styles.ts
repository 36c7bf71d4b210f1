// How lists of what happened look, with their filters: the audit log and routing decisions.
import { css } from "lit";

export const filters = css`
  .filters {
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    gap: 12px;
    margin-block-start: 20px;
  }
  .chosen {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-block-start: 12px;
  }
  .chosen .button span {
    max-inline-size: 40ch;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  @media (max-width: 720px) {
    .filters {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    .chosen .button span {
      max-inline-size: 26ch;
    }
  }
`;

export const entries = css`
  .entry {
    display: grid;
    grid-template-columns: 200px minmax(0, 1fr);
    gap: 4px 24px;
    padding-block: 12px;
    border-block-end: 1px solid var(--line);
  }
  .entry:first-child {
    border-block-start: 1px solid var(--line);
  }
  .when,
  .about {
    display: grid;
    gap: 2px;
    align-content: start;
    justify-items: start;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .when {
    color: var(--muted);
    font-size: 14px;
  }
  .link {
    min-block-size: 24px;
    padding: 0;
    border: 0;
    background: none;
    color: inherit;
    text-align: start;
    text-decoration: underline transparent;
    text-underline-offset: 0.18em;
    overflow-wrap: anywhere;
  }
  .link:hover {
    text-decoration-color: currentColor;
  }
  .action {
    font-weight: 500;
  }
  .target a {
    color: inherit;
  }
  .only {
    min-block-size: 24px;
    padding-inline: 6px;
    font-size: 13px;
  }
  dl {
    display: grid;
    grid-template-columns: fit-content(45%) minmax(0, 1fr);
    justify-self: stretch;
    overflow-wrap: break-word;
    gap: 2px 16px;
    margin-block-start: 4px;
    font-size: 14px;
  }
  dt {
    color: var(--muted);
  }
  dd {
    overflow-wrap: anywhere;
  }
  del {
    color: var(--muted);
  }
  ins {
    text-decoration: none;
  }
  .arrow {
    color: var(--muted);
  }
  @media (max-width: 720px) {
    .entry {
      grid-template-columns: minmax(0, 1fr);
    }
    .when {
      grid-auto-flow: column;
      justify-content: start;
      align-items: baseline;
      gap: 12px;
    }
  }
  @media (pointer: coarse) {
    .link,
    .only {
      min-block-size: 44px;
    }
  }
`;
