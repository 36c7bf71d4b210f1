// The order of rows: it changes slowly, so that an eye can follow. Pure.

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
