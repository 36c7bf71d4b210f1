// When to draw: at most once a frame for all answers together, and never more than a fourteenth of the
// time, what the browser needs for layout and paint included. A hidden tab draws once a second.

const HIDDEN_MS = 1_000;
/** After a flush that took c until it was on the screen, the next waits until 13c have passed. */
const REST = 13;

const waiting = new Set<() => void>();
const watching = new Set<() => void>();
let phase: "idle" | "planned" | "drawing" = "idle";
let timer: ReturnType<typeof setTimeout> | undefined;
let frame: number | undefined;
let notBefore = 0;
/** When the flush began, and what of its time was not its own: the wait for the frame. */
let began = 0;
let painted: MessageChannel | undefined;

// A task before the frame, not a part of it: a view that scrolls here is told of it by the frame that
// shows it. What scrolls inside a frame costs a second one.
function run(): void {
  phase = "drawing";
  began = performance.now();
  const jobs = [...waiting];
  waiting.clear();
  for (const job of jobs) job();
  for (const look of watching) look();
  if (document.hidden) rest();
  else {
    const ready = performance.now();
    frame = requestAnimationFrame(() => {
      frame = undefined;
      began += performance.now() - ready;
      // A message comes after the frame has been laid out and painted; nothing else tells of it.
      if (!painted) {
        painted = new MessageChannel();
        painted.port1.onmessage = rest;
      }
      painted.port2.postMessage(null);
    });
  }
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
  timer = setTimeout(run, document.hidden ? HIDDEN_MS : Math.max(0, notBefore - performance.now()));
}

// A tab that is hidden gets no more frames, and one that is seen again need not wait.
if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (phase === "planned") {
      clearTimeout(timer);
      phase = "idle";
      plan();
    } else if (frame !== undefined) {
      cancelAnimationFrame(frame);
      frame = undefined;
      rest();
    }
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

/** Calls `look` after each flush, before its frame, until the returned function is called. */
export function watch(look: () => void): () => void {
  watching.add(look);
  return () => watching.delete(look);
}
