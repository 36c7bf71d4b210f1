// Keyboard shortcuts: named by what they do, shown in tooltips, never a browser's own keys.

const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);

export type Command = "new-chat" | "sidebar" | "composer" | "copy-code" | "model" | "next-region";

/** `mod` is ⌘ on Apple's keyboards and Ctrl elsewhere. */
const KEYS: Record<Command, string> = {
  "new-chat": "mod+shift+o",
  sidebar: "mod+shift+s",
  model: "mod+shift+m",
  "copy-code": "mod+shift+;",
  composer: "shift+escape",
  "next-region": "f6",
};

function spelled(event: KeyboardEvent): string {
  const mod = APPLE ? event.metaKey : event.ctrlKey;
  const key = event.key === ":" ? ";" : event.key.toLowerCase();
  return [mod && "mod", event.altKey && "alt", event.shiftKey && "shift", key].filter(Boolean).join("+");
}

/** The command that a key press means, if any. */
export function commandOf(event: KeyboardEvent): Command | undefined {
  const pressed = spelled(event);
  return (Object.keys(KEYS) as Command[]).find((command) => KEYS[command] === pressed);
}

/** How a shortcut is written for this keyboard, for a tooltip. */
export function shortcut(command: Command): string {
  const names: Record<string, string> = APPLE
    ? { mod: "⌘", shift: "⇧", alt: "⌥", escape: "Esc" }
    : { mod: "Ctrl", shift: "Shift", alt: "Alt", escape: "Esc" };
  const parts = KEYS[command].split("+").map((part) => names[part] ?? part.toUpperCase());
  return parts.join(APPLE ? "" : "+");
}

/** An input method is composing: Enter belongs to it. Safari reports the last one as key code 229. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}
