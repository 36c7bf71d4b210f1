import { css } from "lit";

/** A form that takes the place of a list: fields below each other, what belongs together side by side. */
export const editors = css`
  form {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 20px;
    max-inline-size: 600px;
    margin-block-start: 32px;
  }
  h2 {
    margin: 0;
  }
  form .line {
    margin: 0;
  }
  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(200px, 100%), 1fr));
    gap: 20px;
    align-items: start;
  }
`;
