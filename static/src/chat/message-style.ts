// How a message looks.
import { css } from "lit";

export const messageStyle = css`
  :host {
    border-radius: var(--radius);
  }
  article:focus-visible {
    outline-offset: 8px;
    border-radius: var(--radius);
  }
  .flash {
    animation: flash 2.4s ease-out;
  }
  @keyframes flash {
    0%,
    60% {
      box-shadow: -14px 0 0 -11px var(--accent);
    }
    100% {
      box-shadow: -14px 0 0 -11px transparent;
    }
  }
  .user {
    display: grid;
    justify-items: end;
    gap: 8px;
  }
  .user .actions {
    position: static;
    margin-block: -4px -20px;
  }
  .bubble {
    max-inline-size: min(85%, 38rem);
    padding: 10px 16px;
    border-radius: var(--radius-large);
    border-end-end-radius: 4px;
    background: var(--sunken);
    font-size: 16px;
    line-height: 1.55;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .sending {
    color: var(--muted);
  }
  .refused {
    border: 1px dashed var(--bad);
    background: none;
  }
  .user causerie-refusal {
    inline-size: 100%;
  }
  .answer {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 12px;
  }
  .parts:empty,
  .md:empty {
    display: none;
  }
  .voice {
    margin-block: 20px 6px;
    font-size: 13px;
    font-weight: 600;
    color: var(--muted);
  }
  .voice:first-child {
    margin-block-start: 0;
  }
  .row {
    --aside: 124px;
    position: relative;
    min-block-size: 28px;
  }
  .row:has(.pager) {
    --aside: 244px;
  }
  .actions {
    position: absolute;
    inset-block-start: 0;
    inset-inline-end: 0;
    display: flex;
    gap: 2px;
    opacity: 0;
    transition: opacity var(--state);
  }
  article:hover .actions,
  .actions:focus-within,
  .actions:has([aria-expanded="true"]),
  .last .actions {
    opacity: 1;
  }
  .pager {
    display: inline-flex;
    align-items: center;
    font-size: 13px;
    color: var(--muted);
  }
  .event {
    font-size: 13px;
    color: var(--muted);
  }
  p.event,
  .event summary {
    display: flex;
    gap: 8px;
  }
  .event summary {
    min-block-size: 24px;
    inline-size: fit-content;
    border-radius: var(--radius-small);
    cursor: pointer;
    list-style: none;
  }
  .event summary::-webkit-details-marker {
    display: none;
  }
  .event .more {
    display: inline-flex;
    flex: none;
    align-items: center;
    align-self: start;
    gap: 2px;
    text-decoration: underline;
    text-underline-offset: 0.18em;
  }
  .event .more svg {
    transition: rotate var(--state);
  }
  .event[open] .more svg {
    rotate: 180deg;
  }
  details.event > p {
    padding-inline-start: 24px;
    margin-block-end: 4px;
    color: var(--text);
  }
  @media (max-width: 720px) {
    .row:has(.pager) .actions {
      position: static;
      justify-content: end;
    }
    .row:has(.pager) {
      --aside: 0px;
    }
  }
  @media (pointer: coarse) {
    .row {
      --aside: 132px;
    }
  }
  @media (hover: none) {
    .actions {
      opacity: 1;
    }
  }
`;
