// What an entry of the audit log changed, field by field: only where something differs.

export interface Change {
  name: string;
  before: string | undefined;
  after: string | undefined;
}

type Fields = Readonly<Record<string, unknown>> | null;

function written(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** In the order in which the fields stand there; a field that neither side has a value for is left out. */
export function changes(before: Fields, after: Fields): Change[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names]
    .map((name) => ({ name, before: written(before?.[name]), after: written(after?.[name]) }))
    .filter((change) => change.before !== change.after);
}
