// How an answer's Markdown looks. The classes are those that `decorate.ts` gives.
import { css } from "lit";

import { shaded } from "./table.js";

export const prose = css`
  .md {
    font-size: 16px;
    line-height: 1.65;
    overflow-wrap: anywhere;
  }
  .md > * + * {
    margin-block-start: 0.85em;
  }
  .md :is(h1, h2, h3, h4, h5, h6) {
    margin: 1.4em 0 0.5em;
    font-weight: 600;
    line-height: 1.3;
  }
  .md > :first-child {
    margin-block-start: 0;
  }
  .md h1 {
    font-size: 22px;
  }
  .md h2 {
    font-size: 19px;
  }
  .md :is(h3, h4, h5, h6) {
    font-size: 16px;
  }
  .md :is(ul, ol) {
    padding-inline-start: 1.5em;
    list-style: disc;
  }
  .md ol {
    list-style: decimal;
  }
  .md ul ul {
    list-style: circle;
  }
  .md li + li {
    margin-block-start: 0.3em;
  }
  .md li > :is(p, ul, ol) + :is(p, ul, ol),
  .md li > :is(ul, ol) {
    margin-block-start: 0.3em;
  }
  .md li::marker {
    color: var(--muted);
    font-variant-numeric: tabular-nums;
  }
  .md li:has(> .check:first-child),
  .md li:has(> p:first-child > .check:first-child) {
    list-style: none;
    margin-inline-start: -1.4em;
  }
  .md blockquote {
    margin-inline: 0;
    margin-block-end: 0;
    padding-inline-start: 16px;
    border-inline-start: 3px solid var(--line);
    color: var(--muted);
  }
  .md blockquote > * + * {
    margin-block-start: 0.6em;
  }
  .md hr {
    border: 0;
    border-block-start: 1px solid var(--line);
    margin-block: 1.6em;
  }
  .md :not(pre) > code,
  .md kbd {
    padding: 0.12em 0.36em;
    border-radius: 5px;
    background: color-mix(in oklab, var(--text) 7%, transparent);
    font: 0.88em var(--mono);
  }
  .md mark {
    background: var(--warn-soft);
    color: inherit;
  }
  .md :is(sub, sup) {
    line-height: 0;
  }
  .md .image {
    display: inline-block;
    padding: 2px 10px;
    border: 1px solid var(--line);
    border-radius: 99px;
    font-size: 13px;
  }
  .md .table {
    max-inline-size: 100%;
    overflow-x: auto;
    ${shaded}
    border-block: 1px solid var(--line);
  }
  .md table {
    min-inline-size: 100%;
    border-collapse: collapse;
    font-size: 15px;
    line-height: 1.45;
    font-variant-numeric: tabular-nums;
    overflow-wrap: normal;
  }
  .md :is(th, td) {
    padding: 8px 14px;
    border-block-end: 1px solid var(--line);
    text-align: start;
    vertical-align: top;
  }
  .md :is(th, td)[align="right"] {
    text-align: end;
  }
  .md :is(th, td)[align="center"] {
    text-align: center;
  }
  .md :is(th, td):first-child {
    padding-inline-start: 0;
  }
  .md th {
    font-size: 13px;
    font-weight: 600;
    color: var(--muted);
  }
  .md tbody tr:last-child td {
    border-block-end: 0;
  }
  .md figure.code {
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--sunken);
    overflow: hidden;
  }
  .md figcaption {
    display: flex;
    align-items: center;
    gap: 2px;
    min-block-size: 36px;
    padding: 0 6px 0 14px;
    border-block-end: 1px solid var(--line);
    font: 500 12px/1 var(--sans);
    color: var(--muted);
  }
  .md figcaption > span {
    flex: 1;
  }
  .md figcaption button {
    min-block-size: 28px;
    padding: 0 8px;
    border: 0;
    border-radius: var(--radius-small);
    background: none;
    color: var(--muted);
  }
  .md figcaption button:hover,
  .md figcaption button[aria-pressed="true"] {
    background: color-mix(in oklab, var(--text) 8%, transparent);
    color: var(--text);
  }
  .md pre {
    margin: 0;
    padding: 12px 14px;
    overflow-x: auto;
    font: 13.5px/1.6 var(--mono);
    tab-size: 4;
    overflow-wrap: normal;
  }
  .md pre:focus-visible,
  .md .table:focus-visible {
    outline-offset: -2px;
  }
  .md figure.wrap pre {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .md :is(.hljs-comment, .hljs-quote, .hljs-meta) {
    color: var(--muted);
  }
  .md :is(.hljs-keyword, .hljs-selector-tag, .hljs-literal, .hljs-built_in, .hljs-name) {
    color: var(--series-4);
  }
  .md :is(.hljs-string, .hljs-regexp, .hljs-symbol, .hljs-addition) {
    color: var(--series-1);
  }
  .md :is(.hljs-number, .hljs-attr, .hljs-attribute, .hljs-variable, .hljs-template-variable) {
    color: var(--series-2);
  }
  .md :is(.hljs-title, .hljs-section, .hljs-type, .hljs-selector-class, .hljs-property) {
    color: var(--series-3);
  }
  .md :is(.hljs-deletion) {
    color: var(--bad);
  }
  .writing .md > :is(p, h1, h2, h3, h4, h5, h6):last-child::after,
  .writing .md > :is(ul, ol):last-child > li:last-child:not(:has(> :is(p, ul, ol)))::after,
  .writing .md > :is(ul, ol):last-child > li:last-child > p:last-child::after,
  .writing .md > :is(ul, ol):last-child > li:last-child > :is(ul, ol):last-child > li:last-child::after,
  .writing .md > blockquote:last-child > p:last-child::after,
  .writing .md > figure:last-child code::after {
    content: "";
    display: inline-block;
    inline-size: 0.5em;
    block-size: 1.05em;
    margin-inline-start: 2px;
    border-radius: 1px;
    vertical-align: -0.15em;
    background: var(--accent);
  }
`;
