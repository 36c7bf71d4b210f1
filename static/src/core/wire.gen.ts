// Written by `python -m server wire` from the structs of server/protocol and server/routes. Do not edit.

export interface Amount {
  credits: string;
  usd: string;
}

/** What can still be spent: `spendable` is `credits` less what is `held`. */
export interface Balance {
  credits: string;
  held: string;
  spendable: string;
}

/** This UTC month's dollars; `limitUsd` null: no limit. */
export interface Quota {
  month: string;
  limitUsd: string | null;
  spentUsd: string;
  heldUsd: string;
  resetsAt: string;
}

/** Dollars per million tokens, as price lists print them. */
export interface UnitPrices {
  input: string;
  cachedInput: string;
  output: string;
}

export interface CallReceipt {
  callId: string;
  agent: string;
  feature: string;
  provider: string;
  model: string;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  prices: UnitPrices;
  costUsd: string;
  charged: string;
  chargedUsd: string;
  usageSource: "provider" | "estimated";
  outcome: "ok" | "failed" | "cancelled";
}

/** What a turn cost: `held`, `charged`, `released` are credits. */
export interface Receipt {
  held: string;
  charged: string;
  released: string;
  costUsd: string;
  chargedUsd: string;
  calls: CallReceipt[];
}

export interface UserInfo {
  id: string;
  email: string;
  name: string;
  role: string;
  plan: string;
}

export interface RunningTurn {
  turnId: string;
  conversationId: string;
  seq: number;
}

/** The limits that this session lives under; each is a setting. */
export interface SessionLimits {
  frameBytes: number;
  textCharacters: number;
  commandsPerSecond: number;
  unansweredCommands: number;
  runningTurns: number;
  requestsPerHour: number;
}

export interface Problem {
  code: string;
  message: string;
  retryable: boolean;
}

/** The first event of a session: what a page needs to begin. */
export interface SessionReady {
  type: "session.ready";
  sessionId: string;
  user: UserInfo;
  balance: Balance;
  quota: Quota;
  limits: SessionLimits;
  runningTurns: RunningTurn[];
  serverVersion: string;
}

/** A turn was admitted. `re` goes only to who started it. */
export interface TurnStarted {
  type: "turn.started";
  re?: string;
  turnId: string;
  seq: number;
  conversationId: string;
  userMessageId: string;
  messageId: string;
  agent: string;
  provider: string;
  model: string;
  held: Amount;
  existing?: boolean;
}

/** Text to append. With `fromSeq` the frame merges the events from there up to `seq`. */
export interface TurnDelta {
  type: "turn.delta";
  turnId: string;
  seq: number;
  fromSeq?: number;
  text: string;
  agent?: string;
}

/** Text of a provider's reasoning summary; no part of the answer. */
export interface TurnReasoning {
  type: "turn.reasoning";
  turnId: string;
  seq: number;
  text: string;
}

/** Something worth knowing about the turn while it runs. */
export interface TurnNotice {
  type: "turn.notice";
  turnId: string;
  seq: number;
  kind: string;
  detail: Record<string, unknown>;
}

/** The answer is whole and stored. */
export interface TurnCompleted {
  type: "turn.completed";
  turnId: string;
  seq: number;
  messageId: string;
  finishReason: string;
  result?: unknown;
  receipt: Receipt;
  balance: Balance;
  quota: Quota;
}

/** The turn ended badly. `partial`: text was delivered and is kept. */
export interface TurnFailed {
  type: "turn.failed";
  turnId: string;
  seq: number;
  error: Problem;
  partial: boolean;
  receipt: Receipt;
  balance: Balance;
  quota: Quota;
}

/** The provider's stream is closed; what was delivered up to `seq` is charged. */
export interface TurnCancelled {
  type: "turn.cancelled";
  turnId: string;
  seq: number;
  messageId?: string;
  receipt: Receipt;
  balance: Balance;
  quota: Quota;
}

export type Outcome = TurnCompleted | TurnFailed | TurnCancelled;

/** Authoritative: replaces what the client has and sets its last `seq`. */
export interface TurnSnapshot {
  type: "turn.snapshot";
  turnId: string;
  seq: number;
  state: string;
  text: string;
  outcome?: Outcome;
}

/** The direct answer to `turn.cancel`; for a turn that has ended nothing more follows. */
export interface TurnCancelling {
  type: "turn.cancelling";
  re: string;
  turnId: string;
  state: string;
}

/** The direct answer to `turn.attach`; the missing events follow, or a snapshot. */
export interface TurnAttached {
  type: "turn.attached";
  re: string;
  turnId: string;
  seq: number;
  state: string;
}

export interface TurnEstimated {
  type: "turn.estimated";
  re: string;
  inputTokens: number;
  likely: Amount;
  atMost: Amount;
  affordable: boolean;
}

export interface ConversationSubscribed {
  type: "conversation.subscribed";
  re: string;
  conversationId: string;
  runningTurns: RunningTurn[];
}

export interface ConversationUnsubscribed {
  type: "conversation.unsubscribed";
  re: string;
  conversationId: string;
}

export interface ConversationUpdated {
  type: "conversation.updated";
  conversationId: string;
  change: "title" | "message" | "deleted";
}

export interface BalanceChanged {
  type: "balance.changed";
  balance: Balance;
}

export interface QuotaThreshold {
  type: "quota.threshold";
  percent: 80 | 95 | 100;
  quota: Quota;
}

export interface Pong {
  type: "pong";
  re: string;
}

/** The process stops soon: turns resume elsewhere after `graceSeconds` at the latest. */
export interface ServerDraining {
  type: "server.draining";
  graceSeconds: number;
}

/** A refusal. With `re` it answers that command, without it concerns the session. */
export interface ErrorEvent {
  type: "error";
  re?: string;
  turnId?: string;
  code: string;
  message: string;
  retryable: boolean;
  retryAfter?: number;
  path?: string;
  metadata?: Record<string, unknown>;
}

/** What a turn's journal holds; each has `turnId` and `seq`. */
export type TurnEvent = TurnStarted | TurnDelta | TurnReasoning | TurnNotice | TurnSnapshot | Outcome;

export type ServerEvent =
  | TurnEvent
  | SessionReady
  | TurnCancelling
  | TurnAttached
  | TurnEstimated
  | ConversationSubscribed
  | ConversationUnsubscribed
  | ConversationUpdated
  | BalanceChanged
  | QuotaThreshold
  | Pong
  | ServerDraining
  | ErrorEvent;

/** One user input and how to answer it; exactly one of text, parts, regenerateOf. */
export interface TurnRequest {
  text?: string;
  regenerateOf?: string;
  conversationId?: string;
  parentId?: string | null;
  agent?: string;
  model?: string;
  presetId?: string;
}

/** Say something. Answered by `turn.started`, deltas, then exactly one outcome. */
export interface StartTurn extends TurnRequest {
  type: "turn.start";
  id: string;
  clientMessageId: string;
}

/** Stop a turn. What was delivered is charged, the rest released. */
export interface CancelTurn {
  type: "turn.cancel";
  id: string;
  turnId: string;
}

/** Replay what came after `afterSeq`, then follow live. */
export interface AttachTurn {
  type: "turn.attach";
  id: string;
  turnId: string;
  afterSeq: number;
}

export interface SubscribeConversation {
  type: "conversation.subscribe";
  id: string;
  conversationId: string;
}

export interface UnsubscribeConversation {
  type: "conversation.unsubscribe";
  id: string;
  conversationId: string;
}

export interface Ping {
  type: "ping";
  id: string;
}

export type ClientCommand =
  | StartTurn
  | CancelTurn
  | AttachTurn
  | SubscribeConversation
  | UnsubscribeConversation
  | Ping;
