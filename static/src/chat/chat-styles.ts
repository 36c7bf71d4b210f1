import { css } from "lit";

/** How the parts of a chat stand beside each other, and what is left of them on a narrow screen. */
export const chatStyles = css`
  :host {
    display: grid;
    grid-template: minmax(0, 1fr) / 272px minmax(0, 1fr) auto;
    block-size: calc(100dvh - var(--banner, 0px));
    background: var(--canvas);
  }
  :host([folded]) {
    grid-template-columns: minmax(0, 1fr) auto;
  }
  causerie-sidebar {
    border-inline-end: 1px solid var(--line);
  }
  :host([folded]) causerie-sidebar {
    display: none;
  }
  main {
    position: relative;
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: auto minmax(0, 1fr) auto;
    min-block-size: 0;
    block-size: calc(100dvh - var(--banner, 0px));
  }
  /* With the gutters of the thread above, whose text it stands under; a pixel for the ring of the box. */
  .foot {
    min-block-size: min-content;
    margin-block-start: -1px;
    padding-block-start: 1px;
    overflow: hidden;
    scrollbar-gutter: stable both-edges;
  }
  .foot causerie-composer {
    max-inline-size: calc(var(--measure) + 48px);
    margin-inline: auto;
    padding-inline: 24px;
  }
  .veil {
    display: none;
  }
  /* Over the first lines of the thread: nothing moves for it. */
  .news {
    position: absolute;
    inset-block-start: calc(var(--header) + 8px);
    inset-inline: 16px;
    z-index: 1;
    display: grid;
    justify-items: center;
    pointer-events: none;
  }
  .banner {
    padding: 6px 14px;
    border-radius: var(--radius-small);
    background: var(--warn-soft);
    color: var(--warn);
    font-size: 13px;
    box-shadow: var(--shadow);
  }
  :host([compact]) {
    grid-template-columns: minmax(0, 1fr);
  }
  @media (max-width: 720px) {
    :host {
      grid-template-columns: minmax(0, 1fr);
    }
    :host([folded]) causerie-sidebar,
    causerie-sidebar {
      position: fixed;
      inset-block: 0;
      inset-inline-start: 0;
      z-index: 2;
      display: flex;
      inline-size: min(300px, 86vw);
      visibility: hidden;
      opacity: 0;
      transition: opacity var(--state), visibility 0s 120ms;
    }
    :host([open]) causerie-sidebar {
      visibility: visible;
      opacity: 1;
      transition: opacity var(--state);
    }
    :host([open]) .veil {
      display: block;
      position: fixed;
      inset: 0;
      z-index: 1;
      border: 0;
      background: rgb(0 0 0 / 40%);
    }
    .foot {
      scrollbar-gutter: auto;
    }
    .foot causerie-composer {
      padding-inline: 16px;
    }
  }
`;
