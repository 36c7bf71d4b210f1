import { css } from "lit";

/** Pages in front of the product: one narrow column in the middle, one thing to do. */
export const door = css`
  :host {
    display: grid;
    place-items: center;
    min-block-size: 100dvh;
    padding: 24px 16px;
    background: var(--canvas);
  }
  main {
    inline-size: min(340px, 100%);
    /* Addresses may be longer than the column. */
    overflow-wrap: anywhere;
  }
  h1 {
    margin-block-end: 24px;
    font-size: 22px;
    font-weight: 600;
    letter-spacing: -0.01em;
  }
  main > p + p,
  main > p + form {
    margin-block-start: 16px;
  }
  form {
    display: grid;
    gap: 16px;
  }
  .button {
    inline-size: 100%;
    block-size: 40px;
    margin-block-start: 4px;
  }
  main > .button {
    margin-block-start: 20px;
  }
  .hint {
    margin-block-start: 20px;
    font-size: 13px;
    color: var(--muted);
  }
  .ways {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 8px 16px;
    margin-block-start: 20px;
    font-size: 14px;
  }
  .ways a {
    padding-block: 4px;
  }
  @media (pointer: coarse) {
    .button {
      block-size: 44px;
    }
    .ways a {
      padding-block: 10px;
    }
  }
`;
