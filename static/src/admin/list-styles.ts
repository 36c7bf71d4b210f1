import { css } from "lit";

/** The ranking of names, and the dearest requests. */
export const lists = css`
  thead .barred {
    border: 0;
  }
  .bar {
    inline-size: 96px;
    block-size: 8px;
    border-radius: 4px;
    background: var(--sunken);
    fill: var(--control);
  }
  :host(:dir(rtl)) .bar {
    transform: scaleX(-1);
  }
  .dearest li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    gap: 0 12px;
    padding-block: 7px;
    border-block-start: 1px solid var(--line);
    font-size: 13px;
  }
  .dearest .what {
    font-weight: 500;
    text-align: start;
  }
  .dearest .muted {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .cost,
  .at {
    text-align: end;
  }
  .ranking {
    container-type: inline-size;
    grid-column: 1;
    min-inline-size: 0;
    margin-block-start: 16px;
    border-block-start: 1px solid var(--line);
  }
  /* Names give way to figures. */
  .ranking .pick {
    max-inline-size: clamp(9rem, 100cqi - 540px, 26rem);
  }
  @container (max-width: 640px) {
    .barred {
      display: none;
    }
    .ranking .pick {
      max-inline-size: clamp(9rem, 100cqi - 420px, 26rem);
    }
  }
  .ranking .title {
    justify-content: start;
    font-size: 13px;
  }
`;
