// Which colour a name has: the same on every page, as far as eight colours reach.
import { css, unsafeCSS } from "lit";

import { SERIES } from "./tokens.js";

const COLOURS = SERIES.length;
/** Everything that has no colour of its own. */
export const REST = COLOURS + 1;

/** The colour that a name would like: always the same one. */
function liked(key: string): number {
  let hash = 0;
  for (const letter of key) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return (hash % COLOURS) + 1;
}

/** One colour a name for as long as the page is open; 1…8, and 9 for everything else. */
export class Palette {
  private readonly given = new Map<string, number>();

  colour(key: string, shown: ReadonlySet<string>): number {
    const had = this.given.get(key);
    if (had !== undefined) return had;
    const taken = new Set([...this.given].filter(([name]) => shown.has(name)).map(([, colour]) => colour));
    const first = liked(key) - 1;
    for (let step = 0; step < COLOURS; step++) {
      const colour = ((first + step) % COLOURS) + 1;
      if (taken.has(colour)) continue;
      // A name that has left the picture gives its colour away.
      for (const [name, held] of this.given) if (held === colour) this.given.delete(name);
      this.given.set(key, colour);
      return colour;
    }
    return REST;
  }
}

const rules = SERIES.map((_pair, at) => `.s${at + 1} { --colour: var(--series-${at + 1}); }`).join("\n");

/** `<i class="swatch s3">` beside a name. */
export const swatches = css`
  ${unsafeCSS(rules)}
  .s${REST} {
    --colour: var(--control);
  }
  .swatch {
    flex: none;
    display: inline-block;
    inline-size: 10px;
    block-size: 10px;
    border-radius: 3px;
    background: var(--colour);
  }
  @media (forced-colors: active) {
    .swatch {
      forced-color-adjust: none;
    }
  }
`;
