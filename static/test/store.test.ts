import { afterEach, describe, expect, it, vi } from "vitest";

import { Store } from "../src/core/store.js";

afterEach(() => vi.unstubAllGlobals());

describe("a store", () => {
  it("tells of another value, and not of the same one", () => {
    const store = new Store(1);
    const heard: number[] = [];
    const stop = store.subscribe((value) => heard.push(value));
    store.set(2);
    store.set(2);
    store.update((value) => value + 1);
    stop();
    store.set(4);
    expect(heard).toEqual([2, 3]);
    expect(store.value).toBe(4);
  });

  it("tells nobody who has left or come while it told the others", () => {
    const store = new Store(0);
    const heard: string[] = [];
    store.subscribe(() => {
      heard.push("first");
      stop();
      if (heard.length === 1) store.subscribe(() => heard.push("late"));
    });
    const stop = store.subscribe(() => heard.push("gone"));
    store.set(1);
    expect(heard).toEqual(["first"]);
    store.set(2);
    expect(heard).toEqual(["first", "first", "late"]);
  });

  it("tells the others when one of them fails", () => {
    const failed: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => failed.push(error));
    const store = new Store("");
    const wrong = new Error("wrong");
    store.subscribe(() => {
      throw wrong;
    });
    const heard: string[] = [];
    store.subscribe((value) => heard.push(value));
    store.set("news");
    expect(heard).toEqual(["news"]);
    expect(failed).toEqual([wrong]);
  });
});
