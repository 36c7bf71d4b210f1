// How long things wait: for what time alone heals, and for somebody who changes their mind.
import type { Problem } from "./api.js";

/** Codes that time alone heals, so that the page may wait for it. */
const HEALS = new Set(["rate_limited", "provider_rate_limited", "too_many_turns", "overloaded", "draining"]);
/** Longer than this nobody waits beside the page: the quota of a month is no countdown. */
const LONGEST_S = 2 * 3600;

/** Seconds that a message waits at most where the server names fewer and keeps on refusing it. */
const PATIENT_S = 16;

/** As long as what is deleted can be taken back: time to hear of it, and to go to the button by key. */
export const UNDO_MS = 10_000;

/**
 * When it may be sent again, if waiting is all it needs. `refusals`: how often it was sent in vain
 * before; each time it waits longer, so that nobody sees it flicker nor is told of it every second.
 */
export function dueAt(problem: Problem, now: number, refusals = 0): number | undefined {
  const after = problem.retryAfter;
  if (after === undefined || after > LONGEST_S || !HEALS.has(problem.code)) return undefined;
  const patient = refusals && Math.min(2 ** refusals, PATIENT_S);
  return now + Math.max(after, patient) * 1000;
}
