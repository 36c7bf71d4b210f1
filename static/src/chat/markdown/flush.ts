// When to draw: at most once a frame for all answers together, and never more than a seventh of the
// time, what the browser needs for layout and paint included. A hidden tab draws once a second.

const HIDDEN_MS = 1_000;
/** After a flush that took c until it was on the screen, the next waits until 6c have passed. */
const REST = 6;
/** A timer and the frame after it come late by about so much. */
const EARLY_MS = 8;

const waiting = new Set<() => void>();
let phase: "idle" | "planned" | "drawing" = "idle";
let notBefore = 0;
let began = 0;
let drawn: MessageChannel | undefined;

function run(): void {
  if (phase !== "planned") return;
  phase = "drawing";
  began = performance.now();
  const jobs = [...waiting];
  waiting.clear();
  for (const job of jobs) job();
  if (!drawn) {
    drawn = new MessageChannel();
    drawn.port1.onmessage = rest;
  }
  // A message comes after the frame has been laid out and painted; nothing else tells of it.
  drawn.port2.postMessage(null);
}

function rest(): void {
  const ended = performance.now();
  notBefore = ended + REST * (ended - began);
  phase = "idle";
  if (waiting.size) plan();
}

function plan(): void {
  if (phase !== "idle") return;
  phase = "planned";
  const rests = notBefore - performance.now() - EARLY_MS;
  if (document.hidden) setTimeout(run, HIDDEN_MS);
  else if (rests > 0) setTimeout(() => requestAnimationFrame(run), rests);
  else requestAnimationFrame(run);
}

// A frame that was asked for while the tab was seen does not come once it is hidden.
if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (!waiting.size || phase === "drawing") return;
    phase = "idle";
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
