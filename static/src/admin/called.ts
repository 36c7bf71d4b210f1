// What a split's names are called for people: features and agents have names of their own, whatever
// the wire calls them. Pure.
import { agentName } from "../core/agents.js";
import { featureName } from "../core/features.js";
import type { FeedFilter, FeedParts, FeedSplit } from "../core/resources.js";

/** `name`: what the server calls it. */
export function called(split: FeedSplit | FeedFilter, key: string, name = key): string {
  if (split === "feature") return featureName(key);
  return split === "agent" ? agentName(key) : name;
}

/** The same parts with the rows of that split called so; a row of everything else keeps its name. */
export const withNames = <Parts extends FeedParts | undefined>(parts: Parts, split: FeedSplit): Parts =>
  parts && (split === "feature" || split === "agent")
    ? { ...parts, groups: parts.groups.map((row) => ({ ...row, name: called(split, row.key, row.name) })) }
    : parts;
