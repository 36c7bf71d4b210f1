// What somebody has said, without what they have not.
type Told<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what nobody has said; nothing at all where nothing was. */
export function told<T extends Record<string, unknown>>(value: T): Told<T> | undefined {
  const known = Object.entries(value).filter(([, one]) => one !== undefined && one !== "");
  return known.length ? (Object.fromEntries(known) as Told<T>) : undefined;
}
