import { css } from "lit";

/** Panels in which a price is changed: fields in columns, then what they would do. */
export const panels = css`
  :host {
    margin-block: 12px;
    padding: 20px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
  }
  h3 {
    font-size: 15px;
    font-weight: 600;
  }
  form,
  .effect {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 16px;
    margin-block-start: 12px;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(200px, 100%), 1fr));
    gap: 16px;
    align-items: start;
  }
  details .grid {
    margin-block-start: 12px;
  }
  summary {
    min-block-size: 24px;
    cursor: pointer;
    font-size: 14px;
    font-weight: 500;
  }
  details p {
    margin-block-start: 8px;
    font-size: 14px;
  }
  .deeds {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  .effect {
    padding-block-start: 16px;
    border-block-start: 1px solid var(--line);
  }
  .warning {
    padding: 10px 12px;
    border-inline-start: 3px solid var(--warn);
    background: var(--warn-soft);
    font-size: 14px;
  }
  .up {
    color: var(--warn);
  }
  .down {
    color: var(--ok);
  }
  @media (max-width: 720px) {
    :host {
      padding: 16px;
    }
    .effect th,
    .effect td {
      padding-inline-start: 8px;
    }
  }
`;
