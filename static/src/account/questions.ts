// What the questionnaire asks, in which order, and how its answers are sent. Pure.
import type { Questionnaire, ReplyStyle } from "../core/wire.gen.js";

/** Questions with several answers. */
export type Many = Required<Pick<Questionnaire, "platforms" | "tone" | "goals">>;
/** Questions with one answer of a few; empty: not answered. */
export type One = { [Name in keyof ReplyStyle]-?: NonNullable<ReplyStyle[Name]> };

export interface Draft {
  name: string;
  niche: string;
  audience: string;
  platforms: Many["platforms"];
  languages: readonly string[];
  tone: Many["tone"];
  traits: readonly string[];
  voice: string;
  goals: Many["goals"];
  length: One["length"] | "";
  emojis: One["emojis"] | "";
  offers: One["offers"] | "";
  boundaries: readonly string[];
}

export const NO_ANSWERS: Draft = {
  name: "",
  niche: "",
  audience: "",
  platforms: [],
  languages: [],
  tone: [],
  traits: [],
  voice: "",
  goals: [],
  length: "",
  emojis: "",
  offers: "",
  boundaries: [],
};

export const STEPS = ["you", "sound", "replies", "limits"] as const;

const ASKED: readonly (readonly string[])[] = [
  ["name", "niche", "audience", "platforms", "languages"],
  ["tone", "traits", "voice"],
  ["goals", "replyStyle"],
  ["boundaries"],
];

/** The step that asks what the path of a refusal names, such as `$.traits[2]`. */
export function stepOf(path: string): number | undefined {
  const name = /^\$\.(\w+)/.exec(path)?.[1];
  const step = ASKED.findIndex((names) => name !== undefined && names.includes(name));
  return step < 0 ? undefined : step;
}

/** Only what was answered: the rest stays as it is. */
export function bodyOf(draft: Draft): Questionnaire {
  const { length, emojis, offers, languages, traits, boundaries, platforms, tone, goals } = draft;
  const style = { ...(length ? { length } : {}), ...(emojis ? { emojis } : {}), ...(offers ? { offers } : {}) };
  const texts = (["name", "niche", "audience", "voice"] as const)
    .map((name) => [name, draft[name].trim()] as const)
    .filter(([, text]) => text);
  const lists = Object.entries({ languages, traits, boundaries, platforms, tone, goals }).filter(([, list]) => list.length);
  return {
    ...Object.fromEntries(texts),
    ...Object.fromEntries(lists),
    ...(Object.keys(style).length ? { replyStyle: style } : {}),
  };
}
