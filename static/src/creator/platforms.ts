// What a caption has to be on each platform, as the agents are told it (agents/rules/platforms.py). Pure.
import type { Key } from "../core/i18n.js";
import type { CaptionRequest } from "../core/wire.gen.js";

export type Platform = CaptionRequest["platform"];

interface Rules {
  limit: number;
  /** Hashtags, from and to. */
  tags: readonly [number, number];
  /** It counts emoji and East Asian characters twice. */
  weighted?: boolean;
  needs: Key;
}

export const PLATFORMS: Readonly<Record<Platform, Rules>> = {
  instagram: { limit: 2_200, tags: [3, 5], needs: "creator.needs.instagram" },
  tiktok: { limit: 2_200, tags: [3, 6], needs: "creator.needs.tiktok" },
  twitter: { limit: 280, tags: [1, 2], weighted: true, needs: "creator.needs.twitter" },
  onlyfans: { limit: 1_000, tags: [0, 3], needs: "creator.needs.onlyfans" },
  facebook: { limit: 63_206, tags: [0, 3], needs: "creator.needs.facebook" },
};

/** Names are the platforms' own, in every language. */
export const PLATFORM_NAMES: Readonly<Record<Platform, string>> = {
  instagram: "Instagram",
  tiktok: "TikTok",
  twitter: "X (Twitter)",
  onlyfans: "OnlyFans",
  facebook: "Facebook",
};

export const PLATFORM_IDS = Object.keys(PLATFORMS) as readonly Platform[];

export const isPlatform = (value: unknown): value is Platform => typeof value === "string" && Object.hasOwn(PLATFORMS, value);

/** Characters that count twice where others count once. */
const HEAVY = /[^\0-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]/u;

/** As it would be posted. */
export const posted = (caption: string, hashtags: readonly string[]): string => [caption, hashtags.join(" ")].filter(Boolean).join("\n");

/** The length of a text in the platform's own counting. */
export function lengthOn(platform: Platform, text: string): number {
  const characters = [...text];
  if (!PLATFORMS[platform].weighted) return characters.length;
  return characters.reduce((sum, character) => sum + (HEAVY.test(character) ? 2 : 1), 0);
}
