// What REST answers and the cost feed say beside the session protocol.
import type { Outcome, Receipt, UnitPrices } from "./wire.gen.js";

export interface Conversation {
  id: string;
  title: string;
  createdAt: string;
  updatedAt: string;
  agent: string | null;
  model: string | null;
  presetId: string | null;
  costUsd: string;
  charged: string;
  messageCount: number;
  leafMessageId: string | null;
}

export interface Message {
  id: string;
  parentId: string | null;
  role: "user" | "assistant";
  text: string;
  agent?: string;
  model?: string;
  turnId?: string;
  state?: string;
  siblings: string[];
  receipt?: Receipt;
  createdAt: string;
}

/** `messages` of one branch, oldest first; `nextCursor` asks for the page before them. */
export interface ConversationRead extends Conversation {
  messages: Message[];
  nextCursor: string | null;
}

export interface Turn {
  id: string;
  conversationId: string;
  state: string;
  seq: number;
  text: string;
  outcome?: Outcome;
}

export interface ModelInfo {
  id: string;
  provider: string;
  name: string;
  capabilities: string[];
  contextTokens: number | null;
  outputTokens: number | null;
  prices: UnitPrices | null;
  available: boolean;
  unpriced: boolean;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: string[] | null;
  createdAt: string;
  lastUsedAt?: string | null;
  expiresAt?: string | null;
}

/** A list by cursor; `nextCursor` null: the end. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** How often figures are asked about, and by what they are split. */
export type FeedRange = "5m" | "1h" | "24h";
export type FeedGroup = "creator" | "feature" | "agent" | "model" | "provider";
export type FeedFilter = "creatorId" | "feature" | "agent" | "model" | "provider";
export type FeedFilters = Partial<Record<FeedFilter, string[]>>;

export interface FeedTotals {
  perSecondUsd: string;
  perMinuteUsd: string;
  usualPerSecondUsd: string;
  todayUsd: string;
  monthUsd: string;
  monthForecastUsd: string;
}

export interface FeedSeries {
  key: string;
  /** Start of the bucket in Unix seconds, and the dollars spent in it. */
  points: [number, string][];
}

export interface FeedGroupRow {
  key: string;
  name: string;
  perSecondUsd: string;
  perMinuteUsd: string;
  todayUsd: string;
  calls: number;
  changePercent: number | null;
}

export interface DearRequest {
  callId: string;
  creatorId: string;
  feature: string;
  model: string;
  costUsd: string;
  at: string;
}

export interface FeedAlert {
  id: string;
  severity: string;
  scope: string;
  observed: string;
  usual: string;
  since: string;
  explanation: string;
  paused: boolean;
}

/** Everything the monitor shows; `feed.update` carries the parts that changed. */
export interface FeedParts {
  totals: FeedTotals;
  running: { turns: number; costUsd: string; heldUsd: string };
  errors: { rate: number; calls: number };
  series: FeedSeries[];
  groups: FeedGroupRow[];
  groupCount: number;
  dearest: DearRequest[];
  alerts: FeedAlert[];
}

export interface FeedSnapshot extends FeedParts {
  type: "feed.snapshot";
  re?: string;
  watermark: number;
}

export interface FeedUpdate extends Partial<FeedParts> {
  type: "feed.update";
  watermark: number;
}

export type FeedEvent =
  | FeedSnapshot
  | FeedUpdate
  | { type: "feed.stale"; since: string }
  | { type: "alert.opened" | "alert.updated"; alert: FeedAlert }
  | { type: "alert.closed"; id: string }
  | { type: "error"; code: string; message: string; retryable: boolean; retryAfter?: number };
