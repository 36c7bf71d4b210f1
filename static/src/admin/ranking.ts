// The order of rows and the colour of names: both change slowly, so that an eye can follow. Pure.

/** A row that has earned another place waits this long for it. */
const HOLD_MS = 2_000;

/** Rows keep their place until the new order has held for two seconds. */
export class Order {
  private keys: string[] = [];
  private since: number | undefined;

  /** `rows` in the order in which they should be shown at `now`. New rows come last, gone ones go. */
  settle<T extends { key: string }>(rows: readonly T[], now: number): T[] {
    const wanted = rows.map(({ key }) => key);
    const present = new Set(wanted);
    const kept = this.keys.filter((key) => present.has(key));
    const known = new Set(kept);
    const shown = [...kept, ...wanted.filter((key) => !known.has(key))];
    if (shown.every((key, at) => key === wanted[at])) this.since = undefined;
    else this.since ??= now;
    const settled = this.since !== undefined && now - this.since >= HOLD_MS;
    if (settled) this.since = undefined;
    this.keys = settled || !this.keys.length ? wanted : shown;
    const byKey = new Map(rows.map((row) => [row.key, row]));
    return this.keys.map((key) => byKey.get(key)).filter((row): row is T => row !== undefined);
  }
}

const COLOURS = 8;

/** One colour a name for as long as the page is open; 1…8, and 9 for everything else. */
export class Palette {
  private readonly given = new Map<string, number>();

  colour(key: string, shown: ReadonlySet<string>): number {
    const had = this.given.get(key);
    if (had !== undefined) return had;
    const taken = new Set([...this.given].filter(([name]) => shown.has(name)).map(([, colour]) => colour));
    for (let colour = 1; colour <= COLOURS; colour++) {
      if (taken.has(colour)) continue;
      // A name that has left the picture gives its colour away.
      for (const [name, held] of this.given) if (held === colour) this.given.delete(name);
      this.given.set(key, colour);
      return colour;
    }
    return COLOURS + 1;
  }
}
