// What time alone heals, and when it may be asked again: in a chat and in the tools.
import type { Problem } from "./api.js";

/** Codes that time alone heals, so that the page may wait for it. */
const HEALS = new Set(["rate_limited", "provider_rate_limited", "too_many_turns", "overloaded", "draining"]);
/** Longer than this nobody waits beside the page: the quota of a month is no countdown. */
const LONGEST_S = 2 * 3600;

/** When it may be sent again, if waiting is all it needs. */
export function dueAt(problem: Problem, now: number): number | undefined {
  const after = problem.retryAfter;
  if (after === undefined || after > LONGEST_S || !HEALS.has(problem.code)) return undefined;
  return now + after * 1000;
}
