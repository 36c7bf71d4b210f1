// What an entry of the audit log changed, field by field: only where something differs.

export interface Change {
  name: string;
  /** Undefined: the field was not there; null: it had no value. */
  before: unknown;
  after: unknown;
}

type Fields = Readonly<Record<string, unknown>> | null;

/** In the order in which the fields stand there; a field that neither side has a value for is left out. */
export function changes(before: Fields, after: Fields): Change[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names]
    .map((name) => ({ name, before: before?.[name], after: after?.[name] }))
    .filter((change) => JSON.stringify(change.before ?? null) !== JSON.stringify(change.after ?? null));
}
