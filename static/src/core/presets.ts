// Presets as lists show them: all that there are, by category.
import type { Api } from "./api.js";
import type { PresetPage, PresetView } from "./wire.gen.js";

/** Page after page: whoever looks for one wants to find what stands on the last, too. Raises `Problem`. */
export async function allPresets(api: Api): Promise<PresetView[]> {
  const items: PresetView[] = [];
  let cursor: string | null = null;
  do {
    const page: PresetPage = await api.get(`/api/presets?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}

/** Categories by name; in each the presets as they came, the newest first. */
export function byCategory(presets: readonly PresetView[]): [string, PresetView[]][] {
  const groups = new Map<string, PresetView[]>();
  for (const preset of presets) groups.set(preset.category, [...(groups.get(preset.category) ?? []), preset]);
  return [...groups].toSorted(([a], [b]) => a.localeCompare(b));
}

/** The same to choose from: one's own before those that others share, both by name. */
export function toChoose(presets: readonly PresetView[]): [string, PresetView[]][] {
  return byCategory(presets.toSorted((a, b) => Number(b.own) - Number(a.own) || a.name.localeCompare(b.name)));
}
