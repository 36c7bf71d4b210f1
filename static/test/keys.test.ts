import { beforeEach, describe, expect, it } from "vitest";

import { Shelf } from "../src/core/drafts.js";
import { bindingOf, choices, commandOf, COMMANDS, defaultOf, GROUPS, means, remember, shortcut, spelledOf } from "../src/core/keys.js";
import { conflictOf, rebind, reset } from "../src/core/rebind.js";

const kept = new Map<string, string>();
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
  key: (index: number) => [...kept.keys()][index] ?? null,
  get length() {
    return kept.size;
  },
};

globalThis.addEventListener ??= () => undefined;

function press(key: string, held: Partial<KeyboardEvent> = {}): KeyboardEvent {
  return { key, code: "", altKey: false, shiftKey: false, ctrlKey: false, metaKey: false, ...held } as KeyboardEvent;
}

describe("shortcuts", () => {
  beforeEach(() => {
    remember(new Shelf(storage));
    reset();
  });

  it("are found by their keys, whatever the layout makes of them", () => {
    expect(commandOf(press("k", { ctrlKey: true }))).toBe("search");
    expect(commandOf(press("л", { ctrlKey: true, code: "KeyK" }))).toBe("search");
    expect(commandOf(press("O", { ctrlKey: true, shiftKey: true }))).toBe("new-chat");
    expect(commandOf(press(":", { ctrlKey: true, shiftKey: true }))).toBe("copy-code");
    expect(commandOf(press("ArrowUp", { altKey: true }))).toBe("previous-message");
    expect(commandOf(press("k"))).toBeUndefined();
    expect(spelledOf(press("Control", { ctrlKey: true }))).toBe("");
  });

  it("leave the key that stops to the composer", () => {
    expect(commandOf(press("Escape"))).toBeUndefined();
    expect(means(press("Escape"), "stop")).toBe(true);
  });

  it("can be changed and switched off, and are kept", () => {
    expect(rebind("search", "mod+shift+f")).toBeUndefined();
    expect(rebind("help", null)).toBeUndefined();
    expect(commandOf(press("F", { ctrlKey: true, shiftKey: true }))).toBe("search");
    expect(commandOf(press("k", { ctrlKey: true }))).toBeUndefined();
    expect(shortcut("help")).toBe("");
    choices.set({});
    remember(new Shelf(storage));
    expect(bindingOf("search")).toBe("mod+shift+f");
    expect(bindingOf("help")).toBeNull();
    reset("search");
    expect(bindingOf("search")).toBe(defaultOf("search"));
    expect(bindingOf("help")).toBeNull();
  });

  it("never take a browser's own keys, those of writing, or another command's", () => {
    for (const keys of ["mod+r", "mod+f", "mod+p", "mod+t", "mod+w", "mod+tab", "mod+shift+t", "f5", "alt+arrowleft"]) {
      expect(conflictOf(keys), keys).toEqual({ kind: "browser" });
    }
    for (const keys of ["a", "shift+a", "enter", "arrowup", "mod+arrowup", "mod+alt+e", "escape"]) {
      expect(conflictOf(keys, "search"), keys).toEqual({ kind: "typing" });
    }
    expect(rebind("help", "mod+k")).toEqual({ kind: "command", command: "search" });
    expect(bindingOf("help")).toBe(defaultOf("help"));
    expect(conflictOf("alt+j")).toBeUndefined();
    expect(conflictOf("f8")).toBeUndefined();
  });

  it("are all in one group of the list", () => {
    expect(Object.values(GROUPS).flat().sort()).toEqual([...COMMANDS].sort());
    for (const command of COMMANDS) expect(conflictOf(defaultOf(command), command)).toBeUndefined();
  });
});
