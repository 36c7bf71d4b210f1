// When to draw: at most once a frame for all answers together, and never more than a fifth of the
// time. A hidden tab draws once a second.

const HIDDEN_MS = 1_000;
/** After a flush that took c, the next waits until 4c have passed. */
const REST = 4;

const waiting = new Set<() => void>();
let planned = false;
let notBefore = 0;

function run(): void {
  planned = false;
  if (performance.now() < notBefore) {
    plan();
    return;
  }
  const began = performance.now();
  const jobs = [...waiting];
  waiting.clear();
  for (const job of jobs) job();
  const ended = performance.now();
  notBefore = ended + REST * (ended - began);
}

function plan(): void {
  if (planned) return;
  planned = true;
  if (document.hidden) setTimeout(run, HIDDEN_MS);
  else requestAnimationFrame(run);
}

// A frame that was asked for while the tab was seen does not come once it is hidden.
if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (!waiting.size) return;
    planned = false;
    plan();
  });
}

/** Runs `job` at the next flush; the same job waits there once. */
export function schedule(job: () => void): void {
  waiting.add(job);
  plan();
}

export function unschedule(job: () => void): void {
  waiting.delete(job);
}
