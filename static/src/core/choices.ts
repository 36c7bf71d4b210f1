// How the turns of a conversation are asked for: kept on the device, sent with each turn. Pure but
// for the shelf.
import { isText, NEW_CHAT, type Shelf } from "./drafts.js";
import type { Choices } from "./entries.js";
import type { TurnParams } from "./wire.gen.js";

type Changes = { [Name in keyof Choices]?: Choices[Name] | undefined };
export type Adjustable = "temperature" | "topP" | "maxOutputTokens" | "instructions";

function isChoices(value: unknown): value is Choices {
  const one = value as Record<string, unknown> | null;
  if (typeof one !== "object" || one === null) return false;
  const names = ["model", "agent", "presetId"].every((name) => one[name] == null || isText(one[name]));
  return names && (one["params"] === undefined || typeof one["params"] === "object");
}

export function loadChoices(shelf: Shelf, conversation: string): Choices {
  return shelf.read(`choices.${conversation}`, isChoices) ?? {};
}

export function saveChoices(shelf: Shelf, conversation: string, choices: Choices): void {
  if (Object.keys(choices).length) shelf.write(`choices.${conversation}`, choices);
  else shelf.remove(`choices.${conversation}`);
}

/** A new chat has been given its id: the next new one begins without what was chosen for this one. */
export function moveChoices(shelf: Shelf, id: string, choices: Choices): void {
  shelf.remove(`choices.${NEW_CHAT}`);
  saveChoices(shelf, id, choices);
}

/** With `changes`; a field that is named and `undefined` is dropped. */
export function chosen(choices: Choices, changes: Changes): Choices {
  const all = Object.entries({ ...choices, ...changes });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Choices;
}

/** One parameter set, or left to preset, agent and provider again. */
export function adjusted(choices: Choices, name: Adjustable, value: number | string | undefined): Choices {
  const { [name]: _before, ...rest } = choices.params ?? {};
  const params: TurnParams = value === undefined || value === "" ? rest : { ...rest, [name]: value };
  return chosen(choices, { params: Object.keys(params).length ? params : undefined });
}
