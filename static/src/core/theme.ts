// Light, dark, or as the system says. The choice is kept on this device.
import type { Shelf } from "./drafts.js";

export type Theme = "system" | "light" | "dark";

export function isTheme(value: unknown): value is Theme {
  return value === "system" || value === "light" || value === "dark";
}

export function readTheme(shelf: Shelf): Theme {
  return shelf.read("theme", isTheme) ?? "system";
}

/** Every colour follows `color-scheme`, so the one property on the root changes them all. */
export function applyTheme(theme: Theme): void {
  document.documentElement.style.setProperty("color-scheme", theme === "system" ? "light dark" : theme);
}
