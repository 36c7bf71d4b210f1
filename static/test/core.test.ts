import { describe, expect, it } from "vitest";

import { merge } from "../src/core/conversations.js";
import { Drafts, isText, NEW_CHAT, Shelf } from "../src/core/drafts.js";
import { EMPTY, enqueue, load, next, pause, QUEUE_MAX, remove, resume, save } from "../src/core/queue.js";
import type { Conversation } from "../src/core/resources.js";
import { match } from "../src/core/route.js";
import { afterClose, backoff } from "../src/core/socket.js";
import { groupOf, stopwatch, utcClock, utcDay } from "../src/core/time.js";

class MemoryStorage {
  private readonly items = new Map<string, string>();
  get length(): number {
    return this.items.size;
  }
  key(at: number): string | null {
    return [...this.items.keys()][at] ?? null;
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

const DAY = 86_400_000;

describe("what is kept on this device", () => {
  it("forgets after thirty days", () => {
    let now = 0;
    const storage = new MemoryStorage();
    const shelf = new Shelf(storage, () => now);
    shelf.write("a", "old");
    now = 29 * DAY;
    expect(shelf.read("a", isText)).toBe("old");
    shelf.write("b", "young");
    now = 31 * DAY;
    expect(shelf.read("a", isText)).toBeUndefined();
    shelf.sweep();
    expect(storage.length).toBe(1);
  });

  it("keeps what somebody wrote from whoever comes next, and how the pages look for both", () => {
    const storage = new MemoryStorage();
    const ada = new Shelf(storage);
    ada.claim("ada");
    ada.write("draft.new", "mine");
    ada.write("theme", "dark");
    const bob = new Shelf(storage);
    expect(bob.read("theme", isText)).toBe("dark");
    bob.claim("bob");
    expect(bob.read("draft.new", isText)).toBeUndefined();
    expect(bob.read("theme", isText)).toBe("dark");
    bob.claim("ada");
    expect(bob.read("draft.new", isText)).toBe("mine");
  });

  it("survives a storage that refuses and values that are not what they should be", () => {
    const broken = new Shelf({
      length: 0,
      key: () => null,
      getItem: () => "{",
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
      removeItem: () => undefined,
    });
    expect(() => broken.write("a", 1)).not.toThrow();
    expect(broken.read("a", isText)).toBeUndefined();
  });

  it("moves a new chat's draft when the chat gets its id", () => {
    const drafts = new Drafts(new Shelf(new MemoryStorage()));
    drafts.write(NEW_CHAT, "typed meanwhile");
    drafts.move(NEW_CHAT, "c1");
    expect([drafts.read(NEW_CHAT), drafts.read("c1")]).toEqual(["", "typed meanwhile"]);
  });

  it("deletes a draft when its turn has started, but not one typed since", () => {
    const drafts = new Drafts(new Shelf(new MemoryStorage()));
    drafts.write("c", "hello");
    drafts.sent("c", "hello");
    expect(drafts.read("c")).toBe("");
    drafts.write("c", "hello, and more");
    drafts.sent("c", "hello");
    expect(drafts.read("c")).toBe("hello, and more");
  });
});

describe("messages that wait", () => {
  const five = [1, 2, 3, 4, 5].reduce((queue, n) => enqueue(queue, { id: `${n}`, text: `m${n}` }), EMPTY);

  it("are at most five, first in first out", () => {
    expect(enqueue(five, { id: "6", text: "too many" })).toBe(five);
    expect(five.items).toHaveLength(QUEUE_MAX);
    const [first, rest] = next(five);
    expect(first?.text).toBe("m1");
    expect(next(rest)[0]?.text).toBe("m2");
  });

  it("stay where they are while paused", () => {
    const held = pause(five);
    expect(next(held)).toEqual([undefined, held]);
    expect(next(resume(held))[0]?.id).toBe("1");
    expect(pause(EMPTY)).toBe(EMPTY);
  });

  it("are no longer paused when the last is taken out", () => {
    const one = pause(enqueue(EMPTY, { id: "1", text: "x" }));
    expect(remove(one, "1")).toEqual(EMPTY);
  });

  it("are found again after a reload, also paused", () => {
    const shelf = new Shelf(new MemoryStorage());
    save(shelf, "c", pause(five));
    expect(load(shelf, "c")).toEqual(pause(five));
    save(shelf, "c", EMPTY);
    expect(load(shelf, "c")).toBe(EMPTY);
  });
});

describe("a closed socket", () => {
  it.each([1000, 1001, 1002, 1003, 1007, 1008, 4403])("%i is not opened again", (code) => {
    expect(afterClose(code, 0, 0.5, undefined)).toEqual({ kind: "stop" });
  });

  it.each([1006, 1011, 1013])("%i is opened again with backoff", (code) => {
    const delays = [0, 1, 2, 9].map((attempt) => afterClose(code, attempt, 1, undefined));
    expect(delays.map((step) => step.kind === "retry" && step.delayMs)).toEqual([500, 1000, 2000, 15000]);
  });

  it("1012 means at once, with jitter; 4401 a sign-in; 4429 when the error said; 1009 not the same again", () => {
    expect(afterClose(1012, 0, 0.5, undefined)).toEqual({ kind: "retry", delayMs: 250, drop: false });
    expect(afterClose(4401, 0, 0, undefined)).toEqual({ kind: "sign-in" });
    expect(afterClose(4429, 0, 0, 7)).toEqual({ kind: "retry", delayMs: 7000, drop: false });
    expect(afterClose(1009, 0, 0, undefined)).toMatchObject({ kind: "retry", drop: true });
  });

  it("waits at least half of its ceiling, and never above it", () => {
    for (let attempt = 0; attempt < 12; attempt++) {
      const ceiling = Math.min(15_000, 500 * 2 ** attempt);
      expect(backoff(attempt, 0)).toBe(ceiling / 2);
      expect(backoff(attempt, 1)).toBe(ceiling);
    }
  });
});

describe("addresses", () => {
  it("name pages", () => {
    expect(match("/")).toEqual({ page: "dashboard" });
    expect(match("/chat")).toEqual({ page: "chat", conversation: undefined });
    expect(match("/chat/0198-aa/")).toEqual({ page: "chat", conversation: "0198-aa" });
    expect(match("/admin/costs")).toEqual({ page: "costs" });
    expect(match("/nothing/here")).toEqual({ page: "not-found", path: "/nothing/here" });
  });
});

describe("time", () => {
  it("groups by the reader's calendar days, not by hours", () => {
    const now = new Date(2026, 10, 21, 0, 30);
    expect(groupOf(new Date(2026, 10, 20, 23, 59).toISOString(), now)).toEqual({ kind: "yesterday" });
    expect(groupOf(new Date(2026, 10, 21, 0, 1).toISOString(), now)).toEqual({ kind: "today" });
    expect(groupOf(new Date(2026, 10, 15).toISOString(), now)).toEqual({ kind: "week" });
    expect(groupOf(new Date(2026, 9, 30).toISOString(), now)).toEqual({ kind: "month" });
    expect(groupOf(new Date(2026, 8, 1).toISOString(), now)).toEqual({ kind: "named", year: 2026, month: 8 });
  });

  it("keeps days and seconds of money in UTC", () => {
    expect(utcDay("2026-12-01T00:00:00Z", "en")).toBe("Dec 1");
    expect(utcClock("2026-11-21T23:59:58Z", "en")).toBe("23:59:58");
  });

  it("runs like a stopwatch", () => {
    expect([0, 7_400, 761_000, 3_723_000].map(stopwatch)).toEqual(["0:00", "0:07", "12:41", "1:02:03"]);
  });
});

describe("the list of conversations", () => {
  const row = (id: string, updatedAt: string): Conversation => ({
    id, title: id, createdAt: updatedAt, updatedAt, agent: null, model: null, presetId: null,
    costUsd: "0", charged: "0", messageCount: 0, leafMessageId: null,
  });

  it("shows a conversation that moved up once, and drops what has gone", () => {
    const known = [row("a", "9"), row("b", "8"), row("c", "7"), row("d", "6")];
    const fresh = [row("c", "91"), row("a", "9")];
    expect(merge(fresh, known).map(({ id }) => id)).toEqual(["c", "a", "b", "d"]);
    expect(merge([row("a", "9"), row("c", "7")], known).map(({ id }) => id)).toEqual(["a", "c", "d"]);
  });
});
