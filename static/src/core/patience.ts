// How long things wait: for what time alone heals, and for somebody who changes their mind.
import type { Problem } from "./api.js";

/** Codes that time alone heals, so that the page may wait for it. */
const HEALS = new Set(["rate_limited", "provider_rate_limited", "too_many_turns", "overloaded", "draining"]);
/** Longer than this nobody waits beside the page: the quota of a month is no countdown. */
const LONGEST_S = 2 * 3600;

/** As long as what is deleted can be taken back: time to hear of it, and to go to the button by key. */
export const UNDO_MS = 10_000;

/** When it may be sent again, if waiting is all it needs. */
export function dueAt(problem: Problem, now: number): number | undefined {
  const after = problem.retryAfter;
  if (after === undefined || after > LONGEST_S || !HEALS.has(problem.code)) return undefined;
  return now + after * 1000;
}
