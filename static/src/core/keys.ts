// Keyboard shortcuts: named by what they do, shown in tooltips, chosen by whoever uses them. What
// may be chosen is a matter of `rebind.ts`, which only the page that changes them needs.
import type { Shelf } from "./drafts.js";
import { Store } from "./store.js";

export const APPLE = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** `mod` is ⌘ on Apple's keyboards and Ctrl elsewhere. In the order in which a list shows them. */
const KEYS = {
  search: "mod+k",
  help: "mod+/",
  "new-chat": "mod+shift+o",
  sidebar: "mod+shift+s",
  "next-region": "f6",
  composer: "shift+escape",
  stop: "escape",
  model: "mod+shift+m",
  "previous-message": "alt+arrowup",
  "next-message": "alt+arrowdown",
  "copy-code": "mod+shift+;",
} as const;

export type Command = keyof typeof KEYS;

/** What somebody has chosen instead; null: switched off. */
export type Choices = Readonly<Partial<Record<Command, string | null>>>;

export const COMMANDS = Object.keys(KEYS) as readonly Command[];

export type Group = "everywhere" | "chat" | "answers";

/** The commands as a list shows them, under headings. */
export const GROUPS: Readonly<Record<Group, readonly Command[]>> = {
  everywhere: ["search", "help", "new-chat", "next-region"],
  chat: ["composer", "stop", "model", "sidebar"],
  answers: ["previous-message", "next-message", "copy-code"],
};

/** The choices of this device. Tells when they change, in another tab too. */
export const choices = new Store<Choices>({});

export const SHELF_NAME = "keys";

const isChoices = (value: unknown): value is Choices =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(value).every(([command, keys]) => command in KEYS && (keys === null || typeof keys === "string"));

let shelf: Shelf | undefined;

/** Reads the choices that the device keeps, and keeps them another thirty days. */
export function remember(kept: Shelf): void {
  const read = (): void => choices.set(kept.read(SHELF_NAME, isChoices) ?? {});
  read();
  if (shelf) return;
  shelf = kept;
  if (Object.keys(choices.value).length) kept.write(SHELF_NAME, choices.value);
  addEventListener("storage", ({ key }) => {
    if (key === null || key.endsWith(`.${SHELF_NAME}`)) read();
  });
}

/** Puts other choices in place of all that were made. */
export function choose(next: Choices): void {
  choices.set(next);
  if (Object.keys(next).length) shelf?.write(SHELF_NAME, next);
  else shelf?.remove(SHELF_NAME);
}

export const defaultOf = (command: Command): string => KEYS[command];

/** The keys of a command; null: it is switched off. */
export function bindingOf(command: Command): string | null {
  const chosen = choices.value[command];
  return chosen === undefined ? KEYS[command] : chosen;
}

const MODIFIERS = new Set(["Meta", "Control", "Alt", "Shift", "AltGraph", "CapsLock", "Dead", "Process", "Unidentified"]);

/** A key press in our spelling, such as `mod+shift+o`; empty while only modifiers are held. */
export function spelledOf(event: KeyboardEvent): string {
  if (MODIFIERS.has(event.key)) return "";
  const { altKey: alt, shiftKey: shift, code } = event;
  let key = event.key === " " ? "space" : event.key.toLowerCase();
  // What Option, or Shift on a digit, makes of a key is no name for it, nor is a letter of an
  // alphabet that the binding was not written in: there the place on the keyboard counts.
  const placed = /^(?:Key|Digit)(.)$/.exec(code)?.[1]?.toLowerCase();
  if (placed && (/[^ -~]/.test(key) || alt || (shift && code.startsWith("Digit")))) key = placed;
  else if (key === ":") key = ";";
  else if (key === "?") key = "/";
  const parts = [
    (APPLE ? event.metaKey : event.ctrlKey) && "mod",
    (APPLE ? event.ctrlKey : event.metaKey) && (APPLE ? "ctrl" : "meta"),
    alt && "alt",
    shift && "shift",
    key,
  ];
  return parts.filter(Boolean).join("+");
}

/** Whether a key press means this command. */
export const means = (event: KeyboardEvent, command: Command): boolean => bindingOf(command) === spelledOf(event);

/** The command that a key press means, if any. Stopping is the composer's own: elsewhere its key
 *  closes what is open. */
export function commandOf(event: KeyboardEvent): Command | undefined {
  const pressed = spelledOf(event);
  return pressed ? COMMANDS.find((command) => command !== "stop" && bindingOf(command) === pressed) : undefined;
}

const NAMES: Readonly<Record<string, string>> = {
  ...(APPLE
    ? { mod: "⌘", ctrl: "⌃", shift: "⇧", alt: "⌥" }
    : { mod: "Ctrl", meta: "Meta", shift: "Shift", alt: "Alt" }),
  escape: "Esc",
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
};

/** The keys one by one, as this keyboard has them written on it. */
export function legends(keys: string): string[] {
  return keys.split("+").map((part) => NAMES[part] ?? (part.length > 3 ? part[0]?.toUpperCase() + part.slice(1) : part.toUpperCase()));
}

/** How a shortcut is written for this keyboard; empty where it is switched off. */
export function shortcut(command: Command): string {
  const keys = bindingOf(command);
  return keys === null ? "" : legends(keys).join(APPLE ? "" : "+");
}

/** A label with its shortcut behind it, for a tooltip. */
export function withShortcut(label: string, command: Command): string {
  const keys = shortcut(command);
  return keys ? `${label} (${keys})` : label;
}

/** An input method is composing: Enter belongs to it. Safari reports the last one as key code 229. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}
