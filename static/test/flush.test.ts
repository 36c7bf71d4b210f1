import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** A browser's clock, frames and messages, moved by hand. */
class Stage extends EventTarget {
  hidden = false;
  frames = new Map<number, () => void>();
  private count = 0;

  readonly request = (run: () => void): number => {
    this.frames.set(++this.count, run);
    return this.count;
  };

  readonly cancel = (frame: number): void => void this.frames.delete(frame);

  /** One frame: what was asked for runs, then layout and paint take their time. */
  async frame(paint: number): Promise<void> {
    const due = [...this.frames.values()];
    this.frames.clear();
    for (const run of due) run();
    vi.setSystemTime(Date.now() + paint);
    await Promise.resolve();
  }

  hide(hidden: boolean): void {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

let stage: Stage;

class Messages {
  port1: { onmessage?: () => void } = {};
  port2 = { postMessage: (): void => void Promise.resolve().then(() => this.port1.onmessage?.()) };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  stage = new Stage();
  vi.stubGlobal("document", stage);
  vi.stubGlobal("MessageChannel", Messages);
  vi.stubGlobal("performance", { now: () => Date.now() });
  vi.stubGlobal("requestAnimationFrame", stage.request);
  vi.stubGlobal("cancelAnimationFrame", stage.cancel);
  vi.resetModules();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const flushes = (): Promise<typeof import("../src/chat/markdown/flush.js")> => import("../src/chat/markdown/flush.js");

describe("drawing", () => {
  it("comes at once, once for all that waits, and is looked at before its frame", async () => {
    const { schedule, unschedule, watch } = await flushes();
    const done: string[] = [];
    const one = (): void => void done.push("one");
    const gone = (): void => void done.push("gone");
    watch(() => done.push("looked"));
    schedule(one);
    schedule(one);
    schedule(gone);
    unschedule(gone);
    vi.advanceTimersByTime(0);
    expect(done).toEqual(["one", "looked"]);
    expect(stage.frames.size).toBe(1);
  });

  it("rests thirteen times as long as it took, the wait for the frame aside", async () => {
    const { schedule } = await flushes();
    let drawn = 0;
    const draw = (): void => {
      drawn++;
      vi.setSystemTime(Date.now() + 2);
    };
    schedule(draw);
    vi.advanceTimersByTime(0);
    schedule(draw);
    // The frame comes 12 ms later, and takes 3: five in all.
    vi.advanceTimersByTime(12);
    await stage.frame(3);
    vi.advanceTimersByTime(64);
    expect(drawn).toBe(1);
    vi.advanceTimersByTime(1);
    expect(drawn).toBe(2);
  });

  it("waits for the frame of what was drawn before", async () => {
    const { schedule } = await flushes();
    let drawn = 0;
    const draw = (): void => void drawn++;
    schedule(draw);
    vi.advanceTimersByTime(0);
    schedule(draw);
    vi.advanceTimersByTime(10_000);
    expect(drawn).toBe(1);
    await stage.frame(0);
    vi.advanceTimersByTime(0);
    expect(drawn).toBe(2);
  });

  it("comes once a second in a hidden tab, and at once when it is seen again", async () => {
    const { schedule } = await flushes();
    let drawn = 0;
    const draw = (): void => void drawn++;
    stage.hide(true);
    schedule(draw);
    vi.advanceTimersByTime(999);
    expect(drawn).toBe(0);
    vi.advanceTimersByTime(1);
    expect(drawn).toBe(1);
    schedule(draw);
    stage.hide(false);
    vi.advanceTimersByTime(0);
    expect(drawn).toBe(2);
  });

  it("goes on in a tab that is hidden before the frame came", async () => {
    const { schedule } = await flushes();
    let drawn = 0;
    const draw = (): void => void drawn++;
    schedule(draw);
    vi.advanceTimersByTime(0);
    schedule(draw);
    stage.hide(true);
    expect(stage.frames.size).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(drawn).toBe(2);
  });
});
