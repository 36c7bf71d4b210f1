// Presets as a list shows them, and what is sent of one. Pure.
import type { CreatePreset, PresetView } from "../core/wire.gen.js";

/** Whether what is searched for stands in a preset, whatever its case. */
export function finds({ name, description, instructions, category }: PresetView, text: string): boolean {
  const wanted = text.toLowerCase();
  return [name, description, instructions, category].some((part) => part.toLowerCase().includes(wanted));
}

export const bodyOf = ({ name, category, description, agent, model, params, instructions, shared }: PresetView): CreatePreset => ({
  name,
  category,
  description,
  agent,
  model,
  params,
  instructions,
  shared,
});
