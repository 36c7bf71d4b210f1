// How the box of messages looks.
import { css } from "lit";

export const threadStyle = css`
  :host {
    position: relative;
    min-block-size: 0;
  }
  /* What is only for screen readers stands in it too, and is cut off with the rest: the document never
     scrolls behind it. */
  .box {
    position: relative;
    block-size: 100%;
    overflow: hidden auto;
    overscroll-behavior: contain;
    scrollbar-gutter: stable both-edges;
    scrollbar-color: color-mix(in oklab, var(--text) 22%, transparent) transparent;
  }
  .box:focus-visible {
    outline-offset: -2px;
  }
  .column {
    max-inline-size: calc(var(--measure) + 48px);
    min-block-size: 100%;
    margin-inline: auto;
    padding: 28px 24px 24px;
  }
  .column.blank {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    align-items: center;
  }
  .exchange {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    align-content: start;
    gap: 28px;
    padding-block-end: 28px;
  }
  .page.last .exchange:last-child {
    padding-block-end: 0;
  }
  /* The newest exchange takes two thirds of the window: its question stands in the upper third, and
     the answer grows into free space. */
  .exchange.roomy {
    min-block-size: calc(var(--room, 0px) * 0.66);
  }
  causerie-message {
    content-visibility: auto;
    contain-intrinsic-block-size: auto 120px;
    overflow-clip-margin: 12px;
  }
  .page.last causerie-message {
    content-visibility: visible;
  }
  .more {
    display: flex;
    justify-content: center;
    align-items: center;
    block-size: 56px;
    color: var(--muted);
    font-size: 13px;
  }
  .new {
    position: absolute;
    inset-block-end: 12px;
    inset-inline: 0;
    inline-size: fit-content;
    margin-inline: auto;
    border-radius: 99px;
    box-shadow: var(--shadow);
  }
  .state {
    color: var(--muted);
    text-align: center;
  }
  .bones {
    display: grid;
    gap: 14px;
  }
  .bones i {
    block-size: 14px;
    border-radius: 7px;
    background: color-mix(in oklab, var(--text) 7%, transparent);
  }
  .bones i:nth-child(1) {
    justify-self: end;
    inline-size: 40%;
    block-size: 40px;
    margin-block-end: 14px;
    border-radius: var(--radius-large);
  }
  .bones i:nth-child(3) {
    inline-size: 92%;
  }
  .bones i:nth-child(4) {
    inline-size: 64%;
  }
  @media (max-width: 720px) {
    .column {
      padding: 20px 16px 16px;
    }
    .box {
      scrollbar-gutter: auto;
    }
  }
`;
