// Choosing other keys for a command: what is refused, and why. A browser's own keys stay its own.
import { APPLE, bindingOf, choices, choose, COMMANDS, defaultOf, type Choices, type Command } from "./keys.js";

export type Conflict =
  /** The browser or the system does something of its own with them. */
  | { kind: "browser" }
  /** They write text, or move in it: a command would take them from whoever types. */
  | { kind: "typing" }
  /** Another command has them. */
  | { kind: "command"; command: Command };

/** Reload, find, print, tabs, windows, zoom, address, history, editing, tools: never taken. */
const BROWSER = new Set([
  ..."rfgptwnlduohjqaxcvzys+-=0123456789,".split("").map((key) => `mod+${key}`),
  ..."rgtwnzpijcvqb".split("").map((key) => `mod+shift+${key}`),
  ..."dfeb".split("").map((key) => `alt+${key}`),
  "mod+tab",
  "mod+shift+tab",
  "mod+enter",
  "mod+shift+delete",
  "mod+space",
  "mod+pageup",
  "mod+pagedown",
  "mod+escape",
  "mod+shift+escape",
  "alt+arrowleft",
  "alt+arrowright",
  "alt+home",
  "alt+f4",
  "alt+tab",
  "alt+space",
  "f1",
  "f3",
  "f5",
  "f7",
  "f10",
  "f11",
  "f12",
  "shift+f5",
  "mod+f4",
  "mod+f5",
  ...(APPLE ? ["mod+m", "mod+`", "mod+[", "mod+]", "mod+alt+i", "mod+alt+j", "mod+alt+u", "mod+shift+3", "mod+shift+4", "mod+shift+5"] : []),
]);

const KEY = /^(?:f\d{1,2}|(?:(?:mod|ctrl|meta|alt|shift)\+)*(?:\+|[^+]+))$/;

function types(keys: string): boolean {
  const parts = keys.split("+");
  const key = parts.at(-1) ?? "";
  const held = new Set(parts.slice(0, -1));
  if (/^f\d{1,2}$/.test(key)) return false;
  if (key === "escape") return held.size === 0;
  const moves = /^(arrow|home|end|page|backspace|delete|tab|enter|space)/.test(key);
  if (moves && !held.has("alt")) return true;
  // Option writes special characters on Apple's keyboards; Ctrl and Alt together, AltGr, elsewhere.
  if (held.has("alt") && key.length === 1) return held.has("mod") ? !APPLE : APPLE;
  return !held.has("mod") && !held.has("ctrl") && !held.has("alt");
}

/** Why `keys` cannot be those of `command`; undefined: they can. */
export function conflictOf(keys: string, command?: Command): Conflict | undefined {
  if (command && keys === defaultOf(command)) return taken(keys, command);
  if (!KEY.test(keys)) return { kind: "typing" };
  if (BROWSER.has(keys) || keys.startsWith("meta+")) return { kind: "browser" };
  if (types(keys)) return { kind: "typing" };
  return taken(keys, command);
}

function taken(keys: string, command: Command | undefined): Conflict | undefined {
  const other = COMMANDS.find((one) => one !== command && bindingOf(one) === keys);
  return other && { kind: "command", command: other };
}

/** Gives a command other keys, or none. Answers why not, and changes nothing then. */
export function rebind(command: Command, keys: string | null): Conflict | undefined {
  const conflict = keys === null ? undefined : conflictOf(keys, command);
  if (conflict) return conflict;
  const next: Partial<Record<Command, string | null>> = { ...choices.value };
  if (keys === defaultOf(command)) delete next[command];
  else next[command] = keys;
  choose(next satisfies Choices);
  return undefined;
}

/** All commands, or one, as they were delivered. One whose keys another has by now stays as it is. */
export function reset(command?: Command): Conflict | undefined {
  if (command) return rebind(command, defaultOf(command));
  choose({});
  return undefined;
}
