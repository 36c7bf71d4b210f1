// Who and what is behind an incident, taken from the figures of its evidence. Pure.

/** The request that made most of it, as far as the figures name one. */
export interface Behind {
  costUsd: string;
  model: string;
  creator: string;
  feature: string;
}

export function behind(evidence: unknown): Behind | undefined {
  const { call } = (evidence ?? {}) as { call?: Record<string, unknown> };
  if (typeof call?.["costUsd"] !== "string") return undefined;
  const word = (name: string): string => (typeof call[name] === "string" ? call[name] : "");
  return { costUsd: call["costUsd"], model: word("model"), creator: word("creatorId"), feature: word("feature") };
}

/** Ids of the creators that the figures name. */
export function creatorsOf(evidence: unknown): string[] {
  const { creator } = (evidence ?? {}) as { creator?: unknown };
  return [creator, behind(evidence)?.creator].filter((id): id is string => typeof id === "string" && id !== "");
}

/** A text in which creators have the names that people call them, by their ids. */
export function named(text: string, names: ReadonlyMap<string, string>): string {
  return [...names].reduce((said, [id, name]) => said.replaceAll(id, () => name), text);
}
