// The wire's types under the names that pages use, and the few that it does not spell out.
import type { FeedFilters, FeedSnapshot, NotificationPage, Outcome, SubscribeFeed, TurnView } from "./wire.gen.js";

export type {
  ConversationRead,
  ConversationView as Conversation,
  DearestCall,
  FeedAlert,
  FeedEvent,
  FeedFilters,
  FeedGroup as FeedRow,
  FeedSeries,
  FeedSnapshot,
  KeyView as ApiKey,
  MessageView as Message,
  ModelView as ModelInfo,
} from "./wire.gen.js";

/** A turn as REST tells it; its outcome is the event that ended it. */
export type Turn = Omit<TurnView, "outcome"> & { outcome?: Outcome };

/** How far back the monitor looks, or from when to when, and by what it splits. */
export type FeedRange = Extract<NonNullable<SubscribeFeed["range"]>, string>;
export type FeedSpan = Exclude<NonNullable<SubscribeFeed["range"]>, string>;
export type FeedSplit = NonNullable<SubscribeFeed["groupBy"]>;
export type FeedFilter = keyof FeedFilters;

/** Everything the monitor shows; `feed.update` carries the parts that changed. */
export type FeedParts = Omit<FeedSnapshot, "type" | "re" | "watermark" | "stepSeconds">;

/** One thing that somebody was told of. */
export type Note = NotificationPage["items"][number];

/** A list by cursor; `nextCursor` null: the end. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}
