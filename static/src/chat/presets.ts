// Presets in the order in which they are offered. Pure.
import type { PresetView } from "../core/wire.gen.js";

/** By category, both by name; one's own before those that others share. */
export function byCategory(presets: readonly PresetView[]): [string, PresetView[]][] {
  const groups = new Map<string, PresetView[]>();
  for (const preset of presets) groups.set(preset.category, [...(groups.get(preset.category) ?? []), preset]);
  const sorted = [...groups].toSorted(([a], [b]) => a.localeCompare(b));
  for (const [, items] of sorted) {
    items.sort((a, b) => Number(b.own) - Number(a.own) || a.name.localeCompare(b.name));
  }
  return sorted;
}
