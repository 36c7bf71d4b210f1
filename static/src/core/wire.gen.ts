// Written by `python -m server wire` from the structs of server/protocol and server/routes. Do not edit.

/**
 * Dollars per million tokens, as price lists print them. `cacheWrite`: of input that a vendor
 * writes into its cache, where it asks another price for that. Where a model is sold by them:
 * dollars for one `image`, per million times `character`, for a `second` of audio.
 */
export interface UnitPrices {
  input: string;
  cachedInput: string;
  cacheWrite?: string;
  output: string;
  image?: string;
  character?: string;
  second?: string;
}

/**
 * One provider call: what it used, what it cost, what was charged for it. `cacheWriteTokens`:
 * input that was written into the vendor's cache, where some was. `images`, `characters`,
 * `audioMs`: where such were made, spoken, or written down.
 */
export interface CallReceipt {
  callId: string;
  agent: string;
  feature: string;
  provider: string;
  model: string;
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens?: number;
  outputTokens: number;
  reasoningTokens: number;
  images?: number;
  characters?: number;
  audioMs?: number;
  prices: UnitPrices;
  costUsd: string;
  charged: string;
  chargedUsd: string;
  usageSource: "estimated" | "provider";
  outcome: "cancelled" | "failed" | "ok";
}

/**
 * What one agent of a team did in a turn, and what that cost: the sum of its calls. One that
 * failed (`error`: a code of the one table of errors) is charged nothing, unless money ran out
 * and what it had said by then is in the answer. `cancelled`: the turn was, before it came to
 * its end. `capUsd`: the most that one agent may be charged in one turn.
 */
export interface BranchReceipt {
  agent: string;
  status: "cancelled" | "failed" | "ok";
  error?: string;
  costUsd: string;
  charged: string;
  chargedUsd: string;
  capUsd: string;
}

/**
 * What a turn cost: `held`, `charged`, `released` are credits. `branches`: where
 * agents worked as a team, each of them, in the order in which they began.
 */
export interface Receipt {
  held: string;
  charged: string;
  released: string;
  costUsd: string;
  chargedUsd: string;
  calls: CallReceipt[];
  branches?: BranchReceipt[];
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

/** The answer is whole and stored. `result`: the value of a structured one. */
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

/**
 * Why a turn failed; `code` is of the one table of errors. `retryAfter`: seconds, where
 * whoever failed has named a time.
 */
export interface Problem {
  code: string;
  message: string;
  retryable: boolean;
  retryAfter?: number;
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

/** The same money twice: in credits, and those credits in dollars. */
export interface Amount {
  credits: string;
  usd: string;
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

/**
 * Text to append. With `fromSeq` the frame merges the events from there up to `seq`.
 * `agent`: who says it, where several agents answer.
 */
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

/**
 * A structured answer as far as it has come, unchecked: replaces the one before. Only where
 * `responseFormat.partial` asks for it; `result` of `turn.completed` is the answer.
 */
export interface TurnPartial {
  type: "turn.partial";
  turnId: string;
  seq: number;
  value: unknown;
}

/**
 * Something worth knowing about the turn while it runs: retry, failover, call, handoff,
 * agent_failed, compliance, tool, history_cut.
 */
export interface TurnNotice {
  type: "turn.notice";
  turnId: string;
  seq: number;
  kind: string;
  detail: Record<string, unknown>;
}

/** Authoritative: replaces what the client has and sets its last `seq`. */
export interface TurnSnapshot {
  type: "turn.snapshot";
  turnId: string;
  seq: number;
  state: string;
  text: string;
  outcome?: TurnCompleted | TurnFailed | TurnCancelled;
}

/** Whose session it is. */
export interface UserInfo {
  id: string;
  email: string | null;
  name: string;
  role: string;
  plan: string;
}

/** The limits that this session lives under; each is a setting. */
export interface SessionLimits {
  frameBytes: number;
  textCharacters: number;
  uploadBytes: number;
  commandsPerSecond: number;
  unansweredCommands: number;
  runningTurns: number;
  requestsPerHour: number;
}

/** A live turn that can be attached to. `seq` is the newest known here, 0 if none is. */
export interface RunningTurn {
  turnId: string;
  conversationId: string;
  seq: number;
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

/** What a turn would cost: with an ordinary answer, and with the longest. Nothing is held. */
export interface TurnEstimated {
  type: "turn.estimated";
  re: string;
  inputTokens: number;
  likely: Amount;
  atMost: Amount;
  affordable: boolean;
}

/** Turns that start there are followed from now on; attach to those that run already. */
export interface ConversationSubscribed {
  type: "conversation.subscribed";
  re: string;
  conversationId: string;
  runningTurns: RunningTurn[];
}

/** No more of its turns follow, but those attached to by themselves. */
export interface ConversationUnsubscribed {
  type: "conversation.unsubscribed";
  re: string;
  conversationId: string;
}

/** Something in a list of conversations is out of date: read it again. */
export interface ConversationUpdated {
  type: "conversation.updated";
  conversationId: string;
  change: "deleted" | "message" | "title";
}

/** Credits were held, captured, released or granted, by whatever session or program. */
export interface BalanceChanged {
  type: "balance.changed";
  balance: Balance;
}

/** That much of the month's quota is spent; 100: a turn was refused or stopped by it. */
export interface QuotaThreshold {
  type: "quota.threshold";
  percent: 80 | 95 | 100;
  quota: Quota;
}

/** Another limit holds for the month: by another plan, or by one's own choice. */
export interface QuotaChanged {
  type: "quota.changed";
  quota: Quota;
}

/** The answer to `ping`. */
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

export interface TextPart {
  type: "text";
  text: string;
}

/** An uploaded picture. */
export interface ImagePart {
  type: "image";
  mediaId: string;
}

/** An uploaded recording. */
export interface AudioPart {
  type: "audio";
  mediaId: string;
}

/** An uploaded text file. */
export interface FilePart {
  type: "file";
  mediaId: string;
}

/** An answer in words, whatever the preset says. */
export interface TextFormat {
  type: "text";
}

/** An answer that is JSON of this schema. `partial`: tell it while it grows, too. */
export interface JsonSchemaFormat {
  type: "json_schema";
  schema: Record<string, unknown>;
  name?: string;
  partial?: boolean;
}

/** How to answer. What is absent is left to the preset, then the agent, then the provider. */
export interface TurnParams {
  temperature?: number;
  topP?: number;
  maxOutputTokens?: number;
  instructions?: string;
  responseFormat?: TextFormat | JsonSchemaFormat;
  tools?: string[];
  reasoning?: boolean;
}

/** Say something. Answered by `turn.started`, deltas, then exactly one outcome. */
export interface StartTurn {
  type: "turn.start";
  text?: string;
  parts?: (TextPart | ImagePart | AudioPart | FilePart)[];
  regenerateOf?: string;
  conversationId?: string;
  parentId?: string | null;
  workspaceId?: string;
  agent?: string;
  model?: string;
  presetId?: string | null;
  params?: TurnParams;
  feature?: string;
  creatorId?: string | number;
  userId?: string | number;
  clientMessageId: string;
  id: string;
}

/** Ask what a turn would probably and at most cost. Nothing is admitted or kept. */
export interface EstimateTurn {
  type: "turn.estimate";
  text?: string;
  parts?: (TextPart | ImagePart | AudioPart | FilePart)[];
  regenerateOf?: string;
  conversationId?: string;
  parentId?: string | null;
  workspaceId?: string;
  agent?: string;
  model?: string;
  presetId?: string | null;
  params?: TurnParams;
  feature?: string;
  creatorId?: string | number;
  userId?: string | number;
  id: string;
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

/** Follow every turn started in a conversation by any session. */
export interface SubscribeConversation {
  type: "conversation.subscribe";
  id: string;
  conversationId: string;
}

/** Stop following a conversation. */
export interface UnsubscribeConversation {
  type: "conversation.unsubscribe";
  id: string;
  conversationId: string;
}

/** Ask for a `pong`. */
export interface Ping {
  type: "ping";
  id: string;
}

/** A fixed window, `to` exclusive. It stands still: nothing after `to` is added to it. */
export interface Span {
  from: string;
  to: string;
}

/** Calls to count: any value of each array, all arrays together. Absent: no matter which. */
export interface FeedFilters {
  creatorId?: string[];
  feature?: string[];
  agent?: string[];
  model?: string[];
  provider?: string[];
}

/**
 * Begin to watch, or watch something else. Answered by a `feed.snapshot`.
 *
 * Absent: the last five minutes, by model, unfiltered, ten updates a second.
 */
export interface SubscribeFeed {
  type: "feed.subscribe";
  id: string;
  range?: "1h" | "24h" | "5m" | Span;
  groupBy?: "agent" | "creator" | "feature" | "model" | "provider";
  filters?: FeedFilters;
  maxPerSecond?: number;
}

/**
 * `perSecondUsd`: mean of the last ten whole seconds; `perMinuteUsd`: the last sixty;
 * `usualPerSecondUsd`: mean of the last 24 hours, or of the time since the first call.
 */
export interface FeedTotals {
  perSecondUsd: string;
  perMinuteUsd: string;
  usualPerSecondUsd: string;
  todayUsd: string;
  monthUsd: string;
  monthForecastUsd: string;
}

/** Turns in flight: their cost so far, and what is held for them. */
export interface FeedRunning {
  turns: number;
  costUsd: string;
  heldUsd: string;
}

/** Share of failed calls (0 to 1) among `calls`, in the window that is watched. */
export interface FeedErrors {
  rate: number;
  calls: number;
}

/**
 * Dollars spent in each step that begins at `second`; steps without a call are left out.
 *
 * The eight
 * dearest keys have a series each, all others share the key `other`; who has one keeps it until
 * another is dearer by a tenth.
 */
export interface FeedSeries {
  key: string;
  points: [number, string][];
}

/**
 * One row of the ranking. `calls`: in the window; `changePercent`: the last five minutes
 * against the five before, null when those were empty.
 */
export interface FeedGroup {
  key: string;
  name: string;
  perSecondUsd: string;
  perMinuteUsd: string;
  todayUsd: string;
  calls: number;
  changePercent: number | null;
}

export interface DearestCall {
  callId: string;
  creatorId: string;
  feature: string;
  model: string;
  costUsd: string;
  at: string;
}

/**
 * An incident that goes on. `scope`: what it is about, in words; `scopeKind` and
 * `scopeKey`: the same as `POST /api/admin/pauses` takes it. `observed` and `usual`:
 * figures with their unit. `acknowledged`: an admin looks after it. `paused`: new turns of its
 * scope are refused. The figures behind it: `GET /api/admin/alerts/{id}`.
 */
export interface FeedAlert {
  id: string;
  severity: "high" | "watch";
  scope: string;
  scopeKind: "system" | "agent" | "creator" | "feature" | "model" | "provider";
  scopeKey: string;
  observed: string;
  usual: string;
  since: string;
  explanation: string;
  acknowledged: boolean;
  paused: boolean;
}

/**
 * Everything that the subscription shows. `watermark` only ever grows.
 *
 * `stepSeconds`: of the steps of its curves. 1 for what began in the last ten minutes, 10 in the
 * last hour, 60 in the last day; a window further back has at most 1 440 of them.
 */
export interface FeedSnapshot {
  type: "feed.snapshot";
  re: string;
  watermark: number;
  stepSeconds: number;
  totals: FeedTotals;
  running: FeedRunning;
  errors: FeedErrors;
  series: FeedSeries[];
  groups: FeedGroup[];
  groupCount: number;
  dearest: DearestCall[];
  alerts: FeedAlert[];
}

/** What changed. A series has only its new or changed points, all else replaces. */
export interface FeedUpdate {
  type: "feed.update";
  watermark: number;
  totals?: FeedTotals;
  running?: FeedRunning;
  errors?: FeedErrors;
  series?: FeedSeries[];
  groups?: FeedGroup[];
  groupCount?: number;
  dearest?: DearestCall[];
}

export interface AlertOpened {
  type: "alert.opened";
  alert: FeedAlert;
}

export interface AlertUpdated {
  type: "alert.updated";
  alert: FeedAlert;
}

export interface AlertClosed {
  type: "alert.closed";
  id: string;
}

/**
 * The figures stand still since `since`: the stream or the database does not answer.
 *
 * A `feed.snapshot` ends it.
 */
export interface FeedStale {
  type: "feed.stale";
  since: string;
}

/** One user input and how to answer it; exactly one of text, parts, regenerateOf. */
export interface TurnRequest {
  text?: string;
  parts?: (TextPart | ImagePart | AudioPart | FilePart)[];
  regenerateOf?: string;
  conversationId?: string;
  parentId?: string | null;
  workspaceId?: string;
  agent?: string;
  model?: string;
  presetId?: string | null;
  params?: TurnParams;
  feature?: string;
  creatorId?: string | number;
  userId?: string | number;
}

/** The payload of `turn.start` as a REST body. `clientMessageId` makes it idempotent. */
export interface StartTurnBody {
  text?: string;
  parts?: (TextPart | ImagePart | AudioPart | FilePart)[];
  regenerateOf?: string;
  conversationId?: string;
  parentId?: string | null;
  workspaceId?: string;
  agent?: string;
  model?: string;
  presetId?: string | null;
  params?: TurnParams;
  feature?: string;
  creatorId?: string | number;
  userId?: string | number;
  clientMessageId: string;
}

/** Either `email` and `password`, or `link`: the secret of a sign-in link. */
export interface SignIn {
  email?: string | null;
  password?: string | null;
  link?: string | null;
}

/**
 * `workspaceId`: where one's turns belong by default. `externalId`: what the host
 * application calls one, by which alone one signs in then. `credential`: what this request was
 * made with.
 */
export interface Me {
  id: string;
  email: string | null;
  name: string;
  role: string;
  plan: string;
  workspaceId: string;
  externalId: string | null;
  credential: "authjs" | "cookie" | "jwt" | "key";
  hasPassword: boolean;
}

/**
 * What one is called, by people and by nobody else: agents learn a creator's name from the
 * configuration.
 */
export interface ChangeMe {
  name: string;
}

/** `mail`: links can be mailed, so a forgotten password can be replaced. */
export interface Options {
  registration: "closed" | "open";
  mail: boolean;
}

/** `name` absent: what stands before the `@`. */
export interface SignUp {
  email: string;
  password: string;
  name?: string;
}

/** `secret` is what the mailed link has after its `#`. */
export interface Confirm {
  secret: string;
}

export interface Forgot {
  email: string;
}

/** `secret` is what the mailed link has after its `#`. */
export interface Reset {
  secret: string;
  password: string;
}

/** `current` proves that it is not somebody who has found the browser open. */
export interface Change {
  current: string;
  password: string;
}

/**
 * `userAgent` is what the browser says of itself, `address` where it signed in from.
 * `lastSeenAt` is good to a minute. `current`: this request's own.
 */
export interface SessionView {
  id: string;
  userAgent: string;
  address: string;
  createdAt: string;
  lastSeenAt: string | null;
  expiresAt: string;
  current: boolean;
}

export interface SessionPage {
  nextCursor: string | null;
  items: SessionView[];
}

/** `password` of whoever has one; `confirm`: the word `delete`. */
export interface DeleteAccount {
  confirm: "delete";
  password?: string | null;
}

/**
 * `done` of `total` messages and uploads are in the archive. One that is ready has `size`
 * in bytes, until `expiresAt`.
 */
export interface ExportView {
  id: string;
  state: "waiting" | "working" | "ready" | "failed" | "leaving";
  done: number;
  total: number;
  createdAt: string;
  size?: number;
  expiresAt?: string;
}

export interface ExportPage {
  nextCursor: string | null;
  items: ExportView[];
}

/**
 * A message that has all the words. `match` is what was found first, as it is written there;
 * `before` and `after` stand around it, on one line.
 */
export interface SearchHit {
  conversationId: string;
  messageId: string;
  title: string;
  role: string;
  createdAt: string;
  before: string;
  match: string;
  after: string;
}

/** `leafMessageId`: the newest leaf, which a turn without `parentId` continues. */
export interface ConversationView {
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

/**
 * `items`: messages, those of the conversation that changed last first. `titles`: those
 * conversations whose title has the words, with the first page.
 */
export interface SearchPage {
  nextCursor: string | null;
  items: SearchHit[];
  titles: ConversationView[];
}

export interface ConversationPage {
  nextCursor: string | null;
  items: ConversationView[];
}

/** What its turns use where they say nothing themselves. */
export interface CreateConversation {
  title?: string;
  agent?: string | null;
  model?: string | null;
  presetId?: string | null;
  workspaceId?: string;
}

export interface RenameConversation {
  title: string;
}

/** Words between the others: together they are the message's text. */
export interface SaidText {
  type: "text";
  text: string;
}

/** A picture; its size in pixels. */
export interface SaidImage {
  type: "image";
  mediaId: string;
  name: string;
  mediaType: string;
  bytes: number;
  width: number;
  height: number;
}

/** A text file: the model reads what is in it. */
export interface SaidFile {
  type: "file";
  mediaId: string;
  name: string;
  mediaType: string;
  bytes: number;
}

/**
 * `siblings`: the messages that share its parent, itself among them, oldest first.
 * `parts`, where media were sent, hold `text` again in its place among them.
 * `state` of an answer: complete, partial or failed; `receipt`: what its turn cost.
 */
export interface MessageView {
  id: string;
  parentId: string | null;
  role: string;
  text: string;
  parts?: (SaidText | SaidImage | SaidFile)[];
  agent?: string;
  model?: string;
  turnId?: string;
  state?: string;
  siblings: string[];
  receipt?: Receipt;
  createdAt: string;
}

/**
 * `messages` of one branch, oldest first; `nextCursor` asks for the page before them,
 * `newerCursor` for the one after.
 */
export interface ConversationRead {
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
  messages: MessageView[];
  nextCursor: string | null;
  newerCursor: string | null;
}

/** `seq` and `text` are the newest, also while it runs; `outcome` is its last event. */
export interface TurnView {
  id: string;
  conversationId: string;
  state: string;
  seq: number;
  text: string;
  outcome?: Record<string, unknown>;
}

/** `state` at the moment of asking; `cancelled` follows when the provider is closed. */
export interface CancelView {
  turnId: string;
  state: string;
}

/**
 * `kind` is that of the part it can be sent as. `width` and `height` of a picture, in
 * pixels.
 */
export interface MediaView {
  id: string;
  kind: string;
  mediaType: string;
  bytes: number;
  name: string;
  width?: number;
  height?: number;
  createdAt: string;
}

/**
 * `role` is the caller's, `members` how many there are. `pays`: turns in it bill its own
 * credits instead of those of whoever starts them. `requestsPerHour`: of all members together;
 * null, or above what the deployment allows: as much as that.
 */
export interface WorkspaceView {
  id: string;
  name: string;
  personal: boolean;
  role: "member" | "owner";
  pays: boolean;
  requestsPerHour: number | null;
  members: number;
  createdAt: string;
}

export interface WorkspacePage {
  nextCursor: string | null;
  items: WorkspaceView[];
}

export interface CreateWorkspace {
  name: string;
  pays?: boolean;
  requestsPerHour?: number | null;
}

/** What is absent stays as it is. */
export interface ChangeWorkspace {
  name?: string;
  pays?: boolean;
  requestsPerHour?: number | null;
}

/** `email` null: a host application's user of whom it has told none. */
export interface MemberView {
  userId: string;
  name: string;
  email: string | null;
  role: "member" | "owner";
  joinedAt: string;
}

export interface MemberPage {
  nextCursor: string | null;
  items: MemberView[];
}

export interface ChangeMember {
  role: "member" | "owner";
}

/** `email`: where it was sent. `role`: what whoever accepts it will be. */
export interface InvitationView {
  id: string;
  email: string;
  role: "member" | "owner";
  invitedBy: string;
  createdAt: string;
  expiresAt: string;
}

export interface InvitationPage {
  nextCursor: string | null;
  items: InvitationView[];
}

export interface CreateInvitation {
  email: string;
  role?: "member" | "owner";
}

/** `link` is told here and never again; it works once. */
export interface InvitationCreated {
  id: string;
  email: string;
  role: "member" | "owner";
  invitedBy: string;
  createdAt: string;
  expiresAt: string;
  link: string;
}

/** `secret`: what follows the `#` of the link. */
export interface AcceptInvitation {
  secret: string;
}

export interface Joined {
  workspaceId: string;
}

/** `own` False: somebody in a workspace shares it; only its author can change it. */
export interface PresetView {
  id: string;
  workspaceId: string;
  name: string;
  category: string;
  description: string;
  agent: string | null;
  model: string | null;
  params: TurnParams;
  instructions: string;
  shared: boolean;
  own: boolean;
  createdAt: string;
  updatedAt: string;
}

export interface PresetPage {
  nextCursor: string | null;
  items: PresetView[];
}

export interface CreatePreset {
  name: string;
  category?: string;
  description?: string;
  agent?: string | null;
  model?: string | null;
  params?: TurnParams;
  instructions?: string;
  shared?: boolean;
  workspaceId?: string;
}

export interface Category {
  name: string;
  count: number;
}

export interface Categories {
  items: Category[];
}

/** What is absent stays as it is. */
export interface ChangePreset {
  name?: string;
  category?: string;
  description?: string;
  agent?: string | null;
  model?: string | null;
  params?: TurnParams;
  instructions?: string;
  shared?: boolean;
}

/**
 * `confidence` as of now; `score`, in a search, that times how well it fits. `audience`
 * "shared": so many `creators` have learned it, and it is nobody's own. `language` null: it is
 * not known. `seen`: how often it was learned; `helped`, `hindered`: what came of using it.
 * `retractedAt` null and `supersededBy` null: agents are told of it.
 */
export interface KnownInsight {
  id: string;
  audience: "own" | "shared";
  kind: "fan_preference" | "engagement_pattern" | "content_performance" | "sales_tactic" | "optimal_timing" | "revenue_trend";
  source: string;
  text: string;
  language: string | null;
  confidence: number;
  data: Record<string, unknown>;
  tags: string[];
  creators: number;
  seen: number;
  helped: number;
  hindered: number;
  createdAt: string;
  retractedAt: string | null;
  supersededBy: string | null;
  score?: number;
}

export interface InsightPage {
  nextCursor: string | null;
  items: KnownInsight[];
}

/**
 * `source`: who found it out; `people`: fans whom the text names, so that they are left out
 * of what others read; `supersedes`: one that it takes the place of.
 */
export interface TellInsight {
  kind: "fan_preference" | "engagement_pattern" | "content_performance" | "sales_tactic" | "optimal_timing" | "revenue_trend";
  source?: string;
  text: string;
  confidence: number;
  language?: string;
  data?: Record<string, unknown>;
  tags?: string[];
  people?: string[];
  supersedes?: string;
}

/**
 * Whether using it `helped`. `key` names the occasion, which counts once; absent: one of
 * its own.
 */
export interface JudgeInsight {
  helped: boolean;
  key?: string;
}

export interface LinkInsight {
  insightId: string;
}

/** `connected`: its token is valid, or can be renewed. */
export interface ConnectedView {
  platform: string;
  name: string;
  connected: boolean;
}

/**
 * `externalId`: what `/api/campaigns/{campaign}/insights` calls it. Rates are shares of
 * what was sent; null: nothing was.
 */
export interface CampaignFigures {
  externalId: string;
  name: string;
  platform: string;
  status: string;
  spentUsd: string;
  revenueUsd: string;
  sent: number;
  openRate: number | null;
  clickRate: number | null;
  conversionRate: number | null;
}

/**
 * Of the last `days` whole days. Rates are shares; changes are the share by which it is more
 * (or less) than in as many days before; null: there is nothing to divide by.
 */
export interface ActivityFigures {
  days: number;
  received: number;
  responseRate: number | null;
  revenueUsd: string;
  receivedChange: number | null;
  responseRateChange: number | null;
  revenueChange: number | null;
}

/** Of now. `revenueUsd`: a month's; `platforms`: active ones by platform. */
export interface SubscriptionFigures {
  active: number;
  revenueUsd: string;
  averageUsd: string | null;
  platforms: Record<string, number>;
}

/** What agents are told. Null or empty: the host application has told nothing of it. */
export interface IntegrationsView {
  accounts: ConnectedView[];
  campaigns: CampaignFigures[];
  activity: ActivityFigures | null;
  subscriptions: SubscriptionFigures | null;
}

/**
 * An account on a platform, as of the host's moment `asOf`. Tokens that are absent are
 * forgotten.
 */
export interface AccountItem {
  platform: string;
  externalId: string | number;
  name: string;
  scopes?: string[];
  accessToken?: string | null;
  refreshToken?: string | null;
  expiresAt?: string | null;
  asOf: string;
}

export interface PutAccounts {
  items: AccountItem[];
}

/** `ignored`: what was known as of that moment or a later one already. */
export interface WrittenView {
  written: number;
  ignored: number;
}

/** A campaign with its totals as of `asOf`. `status` "active": it runs. */
export interface CampaignItem {
  externalId: string | number;
  name: string;
  platform: string;
  status: string;
  startsAt?: string | null;
  endsAt?: string | null;
  spentUsd?: string;
  revenueUsd?: string;
  sent?: number;
  opened?: number;
  clicked?: number;
  converted?: number;
  asOf: string;
}

export interface PutCampaigns {
  items: CampaignItem[];
}

/**
 * One day (UTC) of one platform as of `asOf`: messages of fans, and those of them that were
 * answered.
 */
export interface StatsItem {
  day: string;
  platform: string;
  received: number;
  answered: number;
  revenueUsd: string;
  asOf: string;
}

export interface PutStats {
  items: StatsItem[];
}

/**
 * A fan's subscription as of `asOf`. `priceUsd`: a month's. `endedAt` null: it goes
 * on.
 */
export interface SubscriptionItem {
  platform: string;
  externalId: string | number;
  fanId: string | number;
  priceUsd: string;
  startedAt: string;
  endedAt?: string | null;
  asOf: string;
}

export interface PutSubscriptions {
  items: SubscriptionItem[];
}

/**
 * Null is what nobody has said. `language`: for where the reader's is not known;
 * `isFanLanguage`: answer fans in theirs. `models`: by agent, where it is not the default
 * one; that of `team` for whom of them has none. `moderation`: what looks at a text before it
 * goes out, `rules` of our own or those and a `model`. `updatedAt` null: nothing was
 * configured yet.
 */
export interface ConfigurationView {
  name: string | null;
  language: string | null;
  isFanLanguage: boolean;
  tone: string | null;
  personality: string | null;
  brandVoice: string | null;
  forbiddenTopics: string[];
  models: Record<string, string>;
  moderation: "rules" | "model";
  updatedAt: string | null;
}

/** What is absent is not said any more. */
export interface ReplaceConfiguration {
  name?: string | null;
  language?: string | null;
  isFanLanguage?: boolean;
  tone?: string | null;
  personality?: string | null;
  brandVoice?: string | null;
  forbiddenTopics?: string[];
  models?: Record<string, string>;
  moderation?: "rules" | "model";
}

/** The same within its bounds, of which what is absent stays; null: not said any more. */
export interface ConfigurationChange {
  name?: string | null;
  language?: string | null;
  isFanLanguage?: boolean;
  tone?: string | null;
  personality?: string | null;
  brandVoice?: string | null;
  forbiddenTopics?: string[];
  models?: Record<string, string>;
  moderation?: "rules" | "model";
}

/** `offers`: how things that cost something are brought up. */
export interface ReplyStyle {
  length?: "long" | "medium" | "short" | null;
  emojis?: "many" | "none" | "some" | null;
  offers?: "asked" | "direct" | "gentle" | null;
}

/**
 * Whatever is not answered changes nothing. `languages`: those that the creator writes, the
 * first one best. `voice`: in the creator's own words.
 */
export interface Questionnaire {
  name?: string | null;
  niche?: string | null;
  platforms?: ("facebook" | "instagram" | "onlyfans" | "tiktok" | "twitter")[];
  audience?: string | null;
  goals?: ("conversation" | "loyalty" | "reach" | "sales" | "time")[];
  tone?: ("confident" | "flirty" | "friendly" | "humorous" | "mysterious" | "playful" | "professional" | "warm")[];
  traits?: string[];
  boundaries?: string[];
  languages?: string[];
  replyStyle?: ReplyStyle;
  voice?: string | null;
}

/**
 * `derived`: the fields of `configuration` that come of the answers; the others are as they
 * were before.
 */
export interface OnboardingApplied {
  configuration: ConfigurationView;
  derived: string[];
}

/** `name` is what a turn's `agent` says. */
export interface BuiltIn {
  name: string;
  description: string;
}

/** `id` is what a turn's `agent` says. `model` null: the one that the assistant has. */
export interface CustomAgentView {
  id: string;
  name: string;
  description: string;
  instructions: string;
  model: string | null;
  tools: string[];
  createdAt: string;
  updatedAt: string;
}

/** `items` are the caller's own, all of them by name: `nextCursor` is always null. */
export interface AgentList {
  builtIn: BuiltIn[];
  items: CustomAgentView[];
  nextCursor?: null;
}

export interface CreateAgent {
  name: string;
  instructions: string;
  description?: string;
  model?: string | null;
  tools?: string[];
}

/** What is absent stays as it is. */
export interface ChangeAgent {
  name?: string;
  instructions?: string;
  description?: string;
  model?: string | null;
  tools?: string[];
}

export interface QuickReplyView {
  id: string;
  title: string;
  text: string;
  category: string;
  createdAt: string;
  updatedAt: string;
}

export interface QuickReplyPage {
  nextCursor: string | null;
  items: QuickReplyView[];
}

export interface CreateReply {
  title: string;
  text: string;
  category?: string;
}

/** What is absent stays as it is. */
export interface ChangeReply {
  title?: string;
  text?: string;
  category?: string;
}

/**
 * One movement; `credits` is negative where they left the account. `conversationId`: where
 * the turn can be read, if it can.
 */
export interface EntryView {
  id: string;
  kind: string;
  credits: string;
  turnId?: string;
  conversationId?: string;
  reason?: string;
  at: string;
}

/**
 * `spendable` is `credits` less what is `held`; `entries` newest first. Those of a
 * workspace are for its owners, to others there are none.
 */
export interface CreditsView {
  credits: string;
  held: string;
  spendable: string;
  entries: EntryView[];
  nextCursor: string | null;
}

/** So many `credits` for `priceUsd` dollars; the host application takes the money. */
export interface OfferView {
  id: string;
  name: string;
  credits: string;
  priceUsd: string;
}

/** The smallest first; all there are: `nextCursor` is always null. */
export interface Offers {
  items: OfferView[];
  nextCursor?: null;
}

/** `active`: users are offered it. */
export interface PackView {
  id: string;
  name: string;
  credits: string;
  priceUsd: string;
  active: boolean;
  createdAt: string;
}

export interface PackPage {
  nextCursor: string | null;
  items: PackView[];
}

export interface CreatePack {
  name: string;
  credits: string;
  priceUsd: string;
  active?: boolean;
}

/** What is absent stays. What it holds and costs does not change: make another one. */
export interface ChangePack {
  name?: string;
  active?: boolean;
}

/**
 * Either `credits`, which are a gift, or `packId`, which was paid for; also one that is
 * not offered any more. `reason` stands beside the entry. `key` names this booking in the
 * whole deployment, such as an order's number: repeated with it, nothing is booked.
 */
export interface BookCredits {
  credits?: string;
  packId?: string;
  reason: string;
  key: string;
}

/** `booked` false: that key has done it before. `balance`: the account's, now. */
export interface BookingView {
  booked: boolean;
  kind: string;
  credits: string;
  balance: Balance;
}

/**
 * `credits` absent: all that is left of what was charged. `reason` is told to the user and
 * stands beside the entry. `key`: repeated with it, nothing more goes back.
 */
export interface RefundTurn {
  credits?: string;
  reason: string;
  key: string;
}

/**
 * `refunded` false: that key has done it before. `left` can still be given back.
 * `entryId`: that of the account's entry.
 */
export interface RefundView {
  refunded: boolean;
  credits: string;
  left: string;
  entryId: string;
}

/** What every token of a request costs whose input has more than `aboveInputTokens`. */
export interface ModelTier {
  aboveInputTokens: number;
  prices: UnitPrices;
}

/**
 * `prices` in dollars per million tokens; null and `unpriced`: it cannot be used yet.
 * They are those of small requests where there are `tiers`, which price a large one as a whole.
 * `fallbacks` are ids of models that may answer in its place, best first. `paused`: an admin
 * lets nobody ask it at present. `demo`: answers are made up here, by nobody's model.
 * `samples`: it takes `temperature` and `topP`; otherwise they change nothing.
 */
export interface ModelView {
  id: string;
  provider: string;
  name: string;
  title: string;
  capabilities: string[];
  contextTokens: number;
  outputTokens: number;
  prices: UnitPrices | null;
  tiers: ModelTier[];
  fallbacks: string[];
  available: boolean;
  unpriced: boolean;
  paused: boolean;
  demo: boolean;
  samples: boolean;
  default: boolean;
}

/** All that there are or were asked for: `nextCursor` is always null. */
export interface ModelList {
  items: ModelView[];
  nextCursor?: null;
}

/**
 * Requests of the last `windowSeconds`: `remaining` of `limit` may follow at once.
 * `resetsAt`: when the oldest of them leaves; now, where there are none.
 */
export interface RateView {
  limit: number;
  remaining: number;
  resetsAt: string;
  windowSeconds: number | null;
}

/**
 * This UTC month. `limitUsd` is the lower of `planLimitUsd` and `ownLimitUsd`.
 * `percent` of it is spent, `remainingUsd` neither spent nor held; `pace` 1.0: it will be
 * used up on the last day exactly. All of these are null where there is no limit. `crossed`: its
 * marks, in per cent, that the user was told of; 100: a turn was refused, or stopped. `rate`:
 * how the hour stands; null while that is not known.
 */
export interface QuotaView {
  plan: string;
  planSource: "chosen" | "default" | "subscription";
  month: string;
  limitUsd: string | null;
  planLimitUsd: string | null;
  ownLimitUsd: string | null;
  spentUsd: string;
  heldUsd: string;
  remainingUsd: string | null;
  percent: number | null;
  crossed: (80 | 95 | 100)[];
  resetsAt: string;
  pace: number | null;
  forecastUsd: string;
  rate: RateView | null;
}

export interface IntervalView {
  low: number;
  high: number;
}

/**
 * With the control. `difference` of rates; `pValue` is corrected for there being several
 * variants. `moreReports`: of both together, until such a difference would show in four of five
 * cases; null: there is no difference to find. Shares to a hundredth of a percent, `pValue` to
 * four digits.
 */
export interface ComparisonView {
  difference: number;
  pValue: number;
  isSignificant: boolean;
  moreReports: number | null;
}

/**
 * `rate`: `converted` of `reported` fans, null where there are none; `interval`: where
 * the true rate is, 95 times of 100. `comparison`: none of the control itself.
 */
export interface VariantView {
  key: string;
  text: string;
  weight: number;
  assigned: number;
  reported: number;
  converted: number;
  rate: number | null;
  interval: IntervalView;
  revenueUsd: string;
  comparison?: ComparisonView;
}

/** `method`: how significance is found. */
export interface ExperimentView {
  id: string;
  name: string;
  createdAt: string;
  endedAt: string | null;
  winner: string | null;
  method: string;
  variants: VariantView[];
}

export interface ExperimentPage {
  nextCursor: string | null;
  items: ExperimentView[];
}

/** `weight`: its share of the fans, against those of the others. */
export interface SentVariant {
  key: string;
  text: string;
  weight?: number;
}

/** The first variant is the control, with which the others are compared. */
export interface CreateExperiment {
  name: string;
  variants: SentVariant[];
}

export interface AssignFan {
  fanId: string | number;
}

/** The message that this fan gets, always. */
export interface Assignment {
  fanId: string;
  variant: string;
  text: string;
}

/** `revenueUsd`: what the fan paid, where they did; a decimal string. */
export interface ReportOutcome {
  fanId: string | number;
  converted: boolean;
  revenueUsd?: string | null;
}

/** `winner` absent: the variant that the figures prove to be the best, if any. */
export interface EndExperiment {
  winner?: string | null;
}

/**
 * `lastGenerationId`: the newest report, null before the first. `lastError`: the code for
 * which none came after it, null where the last one came.
 */
export interface ScheduleView {
  cadence: "weekly" | "monthly";
  nextAt: string;
  lastGenerationId: string | null;
  lastError: string | null;
  createdAt: string;
  updatedAt: string;
}

/** Weekly: on Mondays; monthly: on the first. */
export interface PutSchedule {
  cadence: "weekly" | "monthly";
}

export interface Trial {
  prompt: string;
  temperature?: number;
  maxOutputTokens?: number;
}

/**
 * Of all provider calls together. `charged` are credits, `chargedUsd` the same in dollars;
 * an answer that was given before costs nothing.
 */
export interface AnswerUsage {
  inputTokens: number;
  outputTokens: number;
  costUsd: string;
  chargedUsd: string;
  charged: string;
}

/** How one agent fared. `error`: the code, where it gave nothing. */
export interface AgentReport {
  agent: string;
  status: "cancelled" | "failed" | "ok";
  error?: string;
}

/**
 * `model` is the one that answered. `confidence` 1: the answer is whole; 0.5: it was cut,
 * by `maxOutputTokens` or by what could be paid.
 */
export interface TrialAnswer {
  generationId: string;
  confidence: number;
  usage: AnswerUsage;
  agents: AgentReport[];
  cached?: boolean;
  text: string;
  model: string;
}

/** How to answer. What is absent is left to the preset, then the provider. */
export interface CompletionParams {
  temperature?: number;
  topP?: number;
  maxOutputTokens?: number;
  instructions?: string;
  responseFormat?: TextFormat | JsonSchemaFormat;
}

/** `model` absent: the preset's, else the default one. */
export interface Prompt {
  prompt: string;
  model?: string;
  presetId?: string;
  params?: CompletionParams;
}

/**
 * `model` is the one that answered; `result` the object that `responseFormat` asked for.
 * `confidence` 1: the answer is whole; 0.5: it was cut, by `maxOutputTokens` or by what could
 * be paid.
 */
export interface Completion {
  generationId: string;
  confidence: number;
  usage: AnswerUsage;
  agents: AgentReport[];
  cached?: boolean;
  text: string;
  result?: unknown;
  model: string;
  receipt: Receipt;
}

/** What a fan has bought. */
export interface PurchaseHistory {
  total?: string | number | number | null;
  lastOrderAt?: string | null;
  averageOrderValue?: string | number | number | null;
}

/** One earlier message between fan and creator. */
export interface Message {
  by: "creator" | "fan";
  text: string;
}

export interface FanContext {
  engagementLevel?: "high" | "low" | "medium" | null;
  purchaseHistory?: PurchaseHistory;
  history?: Message[];
}

/** `history`: what was said before, the newest last. Amounts are dollars. */
export interface FanMessageRequest {
  creatorId?: string | number;
  userId?: string | number;
  fanId: string | number;
  message: string;
  context?: FanContext;
}

/** `price`: dollars, as a decimal string; only one that the creator has named. */
export interface UpsellView {
  text: string;
  price?: string | null;
}

export interface TacticView {
  name: string;
  rationale: string;
}

/** Nothing was sent: `response` is for the creator to send. */
export interface FanMessageAnswer {
  generationId: string;
  confidence: number;
  usage: AnswerUsage;
  agents: AgentReport[];
  cached?: boolean;
  response: string;
  upsellSuggestions: UpsellView[];
  tactics: TacticView[];
}

/**
 * `description`: what is seen. `analyticsInsights`: what is known of how posts do, such as
 * the texts of an analysis.
 */
export interface ContentInfo {
  type: "photo" | "story" | "video";
  description: string;
  mood?: "fun" | "relaxed" | "serious" | null;
  targetAudience?: string | null;
  analyticsInsights?: string[];
}

export interface CaptionRequest {
  creatorId?: string | number;
  userId?: string | number;
  platform: "facebook" | "instagram" | "onlyfans" | "tiktok" | "twitter";
  contentInfo: ContentInfo;
}

export interface CaptionAnswer {
  generationId: string;
  confidence: number;
  usage: AnswerUsage;
  agents: AgentReport[];
  cached?: boolean;
  caption: string;
  hashtags: string[];
  performanceInsights: string[];
}

export interface EngagementData {
  likes?: number | null;
  comments?: number | null;
  shares?: number | null;
  views?: number | null;
}

/**
 * `demographics`: groups, or groups of groups, with any figure or word each: `{"age":
 * {"18-24": 0.4}}`.
 */
export interface AudienceData {
  followers?: number | null;
  demographics?: Record<string, string | number | number | Record<string, string | number | number>>;
}

/** `timeframe` in words, such as `last 30 days`. `revenueData`: dollars by platform. */
export interface Metrics {
  platforms: string[];
  contentTypes: string[];
  timeframe: string;
  engagementData?: EngagementData;
  revenueData?: Record<string, string | number | number>;
  audienceData?: AudienceData;
}

/**
 * `analysis`: what to look at above all. `accountId`: of which account the figures are, so
 * that the summary of that account finds the answer.
 */
export interface AnalysisRequest {
  creatorId?: string | number;
  userId?: string | number;
  metrics: Metrics;
  analysis?: "audience" | "competition" | "content" | "engagement" | "growth" | "revenue" | null;
  accountId?: string | number | null;
}

export interface InsightView {
  text: string;
  impact: "high" | "low" | "medium";
}

export interface RecommendationView {
  action: string;
  priority: "high" | "low" | "medium";
}

export interface PatternView {
  text: string;
  frequency: string;
}

export interface PredictionView {
  text: string;
  confidence: number;
}

export interface AnalysisAnswer {
  generationId: string;
  confidence: number;
  usage: AnswerUsage;
  agents: AgentReport[];
  cached?: boolean;
  insights: InsightView[];
  recommendations: RecommendationView[];
  patterns: PatternView[];
  predictions: PredictionView[];
}

/** `usage` is what it took then. */
export interface SummaryView {
  generationId: string;
  confidence: number;
  usage: AnswerUsage;
  agents: AgentReport[];
  cached?: boolean;
  insights: InsightView[];
  recommendations: RecommendationView[];
  patterns: PatternView[];
  predictions: PredictionView[];
  createdAt: string;
  period: string;
  accountId: string | null;
  platforms: string[];
}

export interface FanProfile {
  name?: string | null;
  tier?: string | null;
  lifetimeValue?: string | number | number | null;
}

export interface SalesContext {
  currentMessage: string;
  fanProfile?: FanProfile;
  purchaseHistory?: PurchaseHistory;
  engagementLevel?: "high" | "low" | "medium" | null;
  contentType?: string | null;
  pricePoint?: string | number | number | null;
}

/** Amounts are dollars. `pricePoint`: what the offer costs. */
export interface SalesRequest {
  creatorId?: string | number;
  userId?: string | number;
  fanId: string | number;
  context: SalesContext;
}

/**
 * `message` claims nothing that the request does not. `suggestedPrice`: dollars, as a
 * decimal string, for the creator to consider. `expectedConversionRate`: a share of 0-1.
 */
export interface SalesAnswer {
  generationId: string;
  confidence: number;
  usage: AnswerUsage;
  agents: AgentReport[];
  cached?: boolean;
  message: string;
  tactics: TacticView[];
  suggestedPrice: string | null;
  expectedConversionRate: number;
  alternativeMessages: string[];
}

/**
 * `messageCount`: how many messages there were so far. `fanValueCents`: what the fan has
 * spent, in cents of a dollar.
 */
export interface ReplyIdeasRequest {
  creatorId?: string | number;
  userId?: string | number;
  fanId: string | number;
  lastMessage: string;
  messageCount?: number | null;
  fanValueCents?: number | null;
}

export interface ReplyIdeaView {
  text: string;
  tone: string;
  why: string;
}

export interface ReplyIdeasAnswer {
  generationId: string;
  confidence: number;
  usage: AnswerUsage;
  agents: AgentReport[];
  cached?: boolean;
  suggestions: ReplyIdeaView[];
}

/**
 * `breaker`: `closed` (it is asked), `open` (it is left alone for its failures),
 * `half_open` (one call is tried). `firstWordMs` is the median of its last calls that said
 * something; null: there were none yet.
 */
export interface SuggestionModel {
  model: string;
  breaker: string;
  firstWordMs: number | null;
}

/**
 * Of the model that the caller has configured for messages, or of the default one.
 * `degraded`: it is left alone, and one of `fallbacks` would answer; `unavailable`: none
 * would; `paused`: an operator lets nobody ask for this at present. As this process sees it:
 * each has breakers of its own.
 */
export interface SuggestionHealth {
  model: string;
  breaker: string;
  firstWordMs: number | null;
  status: "degraded" | "ok" | "paused" | "unavailable";
  fallbacks: SuggestionModel[];
}

/**
 * `type`: the kind of content, in words. `context`: what else is to be known, by names of
 * your own.
 */
export interface ContentIdeasRequest {
  creatorId?: string | number;
  userId?: string | number;
  type: string;
  context?: Record<string, string | number | number | boolean | string[]>;
}

export interface PostIdeaView {
  title: string;
  why: string;
}

/** `topPerforming`: what did best so far, by what is known. */
export interface ContentIdeasAnswer {
  generationId: string;
  confidence: number;
  usage: AnswerUsage;
  agents: AgentReport[];
  cached?: boolean;
  suggestions: PostIdeaView[];
  topPerforming: string[];
  recommendedTopics: string[];
}

/**
 * `kind` says what was asked for, `input` the request itself. `output`: the structured
 * answer, or the text as far as it came; null while it is made, and where nothing was said.
 * `model` answered; before the end, it is the one that was asked. `insights`: what the prompt
 * told of earlier work, by id; feedback reaches them.
 */
export interface GenerationView {
  id: string;
  kind: string;
  state: string;
  model: string;
  input: Record<string, unknown>;
  params: Record<string, unknown>;
  output: unknown;
  agents: AgentReport[];
  insights: string[];
  receipt?: Receipt;
  error?: Problem;
  createdAt: string;
}

export interface GenerationPage {
  nextCursor: string | null;
  items: GenerationView[];
}

/** Whether the answer `helped`. It counts once. */
export interface Feedback {
  helped: boolean;
}

/** `insights`: how many of those that the prompt told were there to learn of it. */
export interface Heard {
  insights: number;
}

/** Dollars. `holds`: the lower of `plan` and `own`; null: there is no limit. */
export interface UsdLimit {
  plan: string | null;
  own: string | null;
  holds: string | null;
}

/** `holds`: the lower of `plan` and `own`, which is null where none was set. */
export interface CountLimit {
  plan: number;
  own: number | null;
  holds: number;
}

/**
 * An `own` limit that a change of plan has left above the plan's stays, and is no limit until
 * the plan allows more again.
 */
export interface LimitsView {
  plan: string;
  monthlyUsd: UsdLimit;
  requestsPerHour: CountLimit;
  runningTurns: CountLimit;
}

/** Each is named; null: the plan's alone counts. */
export interface SetLimits {
  monthlyUsd: string | null;
  requestsPerHour: number | null;
  runningTurns: number | null;
}

/** `monthlyUsd` null: no limit. `current`: the caller's, before limits of their own. */
export interface PlanView {
  name: string;
  monthlyUsd: string | null;
  requestsPerHour: number;
  runningTurns: number;
  current: boolean;
}

/** The smallest first; all there are: `nextCursor` is always null. */
export interface PlanList {
  items: PlanView[];
  nextCursor?: null;
}

/** `key` is that of the first grouping, `keys` are those of each by its name. */
export interface UsageItem {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: string;
  chargedUsd: string;
  key: string;
  keys: Record<string, string>;
}

/** `costUsd` is what providers took, `chargedUsd` what was taken from the balance. */
export interface UsageTotals {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: string;
  chargedUsd: string;
}

/** Times in their order, everything else the dearest first. */
export interface UsageView {
  items: UsageItem[];
  totals: UsageTotals;
}

/** As on the receipt of its turn. `audioMs`: milliseconds. */
export interface UsageCall {
  at: string;
  callId: string;
  turnId: string;
  feature: string;
  agent: string;
  provider: string;
  model: string;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  images?: number;
  characters?: number;
  audioMs?: number;
  costUsd: string;
  charged: string;
  chargedUsd: string;
  usageSource: string;
  outcome: string;
  durationMs: number;
}

export interface UsageCallPage {
  nextCursor: string | null;
  items: UsageCall[];
}

export interface CostTotals {
  calls: number;
  failed: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: string;
  charged: string;
  chargedUsd: string;
  marginUsd: string;
  changePercent: number | null;
}

/** The range that ends where the report's begins, and is as long. */
export interface CostBefore {
  calls: number;
  failed: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: string;
  charged: string;
  chargedUsd: string;
  marginUsd: string;
  from: string;
  to: string;
}

/** What of the totals is settled, and not in a usage row yet. */
export interface Unbilled {
  calls: number;
  costUsd: string;
}

/**
 * Refunds and prices put right that were made in the range, as differences: none of the other
 * figures has them.
 */
export interface AdjustedView {
  count: number;
  costUsd: string;
  charged: string;
  chargedUsd: string;
}

/**
 * `at`: when the hour, day or month began, in UTC; the first may begin before the range, of
 * which only its part is told.
 */
export interface CostPoint {
  calls: number;
  failed: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: string;
  charged: string;
  chargedUsd: string;
  marginUsd: string;
  at: string;
}

/**
 * `keys` by the name of each grouping. `name`, `externalId`: of a creator among them.
 * `changePercent`: the cost against that of the range before, as long; null: it had none.
 */
export interface CostGroup {
  calls: number;
  failed: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: string;
  charged: string;
  chargedUsd: string;
  marginUsd: string;
  keys: Record<string, string>;
  name?: string | null;
  externalId?: string | null;
  changePercent: number | null;
}

/**
 * `items`: groups, the dearest first; where they are of a time first, in its order.
 * `nextCursor` null: there are no more.
 */
export interface CostReport {
  from: string;
  to: string;
  totals: CostTotals;
  before: CostBefore;
  unbilled: Unbilled;
  adjustments: AdjustedView;
  step: "day" | "hour" | "month";
  series: CostPoint[];
  groupBy: ("agent" | "creator" | "day" | "feature" | "hour" | "model" | "month" | "plan" | "provider")[];
  items: CostGroup[];
  groupCount: number;
  nextCursor: string | null;
}

/** Whose figures they are; those of somebody who has left stay. */
export interface CreatorView {
  id: string;
  name: string | null;
  externalId: string | null;
  deleted: boolean;
}

/** The dearest first. */
export interface CreatorCosts {
  from: string;
  to: string;
  totals: CostTotals;
  before: CostBefore;
  unbilled: Unbilled;
  adjustments: AdjustedView;
  step: "day" | "hour" | "month";
  series: CostPoint[];
  creator: CreatorView;
  features: CostGroup[];
  models: CostGroup[];
  featuresAndModels: CostGroup[];
}

/**
 * One provider call. `audioMs`: milliseconds. `billed` false: it is settled, and its usage
 * row is yet to be written.
 */
export interface CostCall {
  callId: string;
  turnId: string;
  at: string;
  creatorId: string;
  creatorName: string | null;
  workspaceId: string;
  feature: string;
  agent: string;
  provider: string;
  model: string;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  images?: number;
  characters?: number;
  audioMs?: number;
  costUsd: string;
  charged: string;
  chargedUsd: string;
  usageSource: string;
  outcome: string;
  plan: string;
  correlationId: string;
  durationMs: number;
  billed: boolean;
}

export interface CostCallPage {
  nextCursor: string | null;
  items: CostCall[];
}

/** `requestCount`: provider calls. Adjustments are in the amounts. */
export interface MonthSums {
  costUsd: string;
  charged: string;
  chargedUsd: string;
  requestCount: number;
}

/**
 * What the month adds up to. `invoice`: what was frozen when it was closed; `difference`:
 * what has come or gone since. `waiting`: calls and turns of it that are not billed yet, for
 * which its closing waits.
 */
export interface MonthView {
  costUsd: string;
  charged: string;
  chargedUsd: string;
  requestCount: number;
  month: string;
  closedAt: string | null;
  creators: number;
  waiting: number;
  invoice: MonthSums | null;
  difference: MonthSums | null;
}

/** All there are, newest first: `nextCursor` is always null. */
export interface MonthList {
  items: MonthView[];
  nextCursor?: null;
}

export interface MonthAccount {
  costUsd: string;
  charged: string;
  chargedUsd: string;
  requestCount: number;
  month: string;
  plan: string;
  closedAt: string | null;
  invoice: MonthSums | null;
  difference: MonthSums | null;
  creatorId: string;
  name: string | null;
  externalId?: string;
}

/** Who was charged most comes first. */
export interface MonthReport {
  nextCursor: string | null;
  totals: MonthView;
  items: MonthAccount[];
}

/**
 * `plan`: that of the invoice, else of the newest call. Without `closedAt` the month is
 * open, and has no `invoice` yet; of whom nothing was there when it was closed, it is 0.
 */
export interface OwnMonth {
  costUsd: string;
  charged: string;
  chargedUsd: string;
  requestCount: number;
  month: string;
  plan: string;
  closedAt: string | null;
  invoice: MonthSums | null;
  difference: MonthSums | null;
}

export interface OwnMonthPage {
  nextCursor: string | null;
  items: OwnMonth[];
}

/**
 * So much of the month's quota is used: 80, 95, or 100 per cent, when a turn was refused or
 * stopped.
 */
export interface ThresholdData {
  percent: number;
  quota: Quota;
}

export interface QuotaThresholdNote {
  event: "quota.threshold";
  id: string;
  severity: "critical" | "info" | "warning";
  createdAt: string;
  readAt: string | null;
  data: ThresholdData;
}

/**
 * Another plan holds. `limitUsd`: dollars a month from now on, one's own limit considered;
 * null: none.
 */
export interface PlanData {
  before: "business" | "pro" | "starter";
  plan: "business" | "pro" | "starter";
  limitUsd: string | null;
}

export interface PlanChangedNote {
  event: "plan.changed";
  id: string;
  severity: "critical" | "info" | "warning";
  createdAt: string;
  readAt: string | null;
  data: PlanData;
}

/**
 * Credits came from whoever runs this server. `turnId`: the turn whose charge was given back.
 * `workspaceId`: whose account they came to, where it is not one's own.
 */
export interface CreditsData {
  credits: string;
  reason: string | null;
  turnId?: string;
  workspaceId?: string;
}

export interface CreditsGrantedNote {
  event: "credits.granted";
  id: string;
  severity: "critical" | "info" | "warning";
  createdAt: string;
  readAt: string | null;
  data: CreditsData;
}

export interface CreditsRefundedNote {
  event: "credits.refunded";
  id: string;
  severity: "critical" | "info" | "warning";
  createdAt: string;
  readAt: string | null;
  data: CreditsData;
}

/**
 * A webhook gets nothing more. `host`: without the rest of the URL, which may be a secret.
 * `reason`: the receiver answered 410 (gone), or nothing has arrived since `failingSince`
 * (failing).
 */
export interface DisabledData {
  webhookId: string;
  host: string;
  reason: "failing" | "gone";
  failingSince: string;
}

export interface WebhookDisabledNote {
  event: "webhook.disabled";
  id: string;
  severity: "critical" | "info" | "warning";
  createdAt: string;
  readAt: string | null;
  data: DisabledData;
}

/**
 * A performance report that comes by itself is there: `generationId` reads it. `nextAt`:
 * when another is due.
 */
export interface ReportReadyData {
  cadence: "weekly" | "monthly";
  generationId: string;
  nextAt: string;
}

export interface ReportReadyNote {
  event: "report.ready";
  id: string;
  severity: "critical" | "info" | "warning";
  createdAt: string;
  readAt: string | null;
  data: ReportReadyData;
}

/**
 * A performance report did not come, and the next is due at `nextAt`. `code`: that of an
 * error, or `no_figures`: the host application has told none.
 */
export interface ReportFailedData {
  cadence: "weekly" | "monthly";
  code: string;
  message: string;
  nextAt: string;
}

export interface ReportFailedNote {
  event: "report.failed";
  id: string;
  severity: "critical" | "info" | "warning";
  createdAt: string;
  readAt: string | null;
  data: ReportFailedData;
}

/**
 * One version of an incident: money, requests or errors far from their usual. `observed`,
 * `usual`: with their unit. `callId`: the dearest request, where one stands for it.
 */
export interface AlertData {
  alertId: string;
  kind: string;
  severity: string;
  state: string;
  version: number;
  scope: string;
  observed: string;
  usual: string;
  since: string;
  explanation: string;
  callId?: string | null;
  acknowledged: boolean;
  paused: boolean;
}

export interface AlertOpenedNote {
  event: "alert.opened";
  id: string;
  severity: "critical" | "info" | "warning";
  createdAt: string;
  readAt: string | null;
  data: AlertData;
}

export interface AlertUpdatedNote {
  event: "alert.updated";
  id: string;
  severity: "critical" | "info" | "warning";
  createdAt: string;
  readAt: string | null;
  data: AlertData;
}

export interface AlertClosedNote {
  event: "alert.closed";
  id: string;
  severity: "critical" | "info" | "warning";
  createdAt: string;
  readAt: string | null;
  data: AlertData;
}

/** `unread`: how many of all are not read yet. */
export interface NotificationPage {
  nextCursor: string | null;
  items: (QuotaThresholdNote | PlanChangedNote | CreditsGrantedNote | CreditsRefundedNote | WebhookDisabledNote | ReportReadyNote | ReportFailedNote | AlertOpenedNote | AlertUpdatedNote | AlertClosedNote)[];
  unread: number;
}

/** `upTo`: this notification and all before it. */
export interface ReadNotifications {
  upTo: string;
}

/** How many are not read yet. */
export interface Unread {
  unread: number;
}

/**
 * `disabledReason`: owner, gone (the receiver answered 410) or failing (nothing arrived for
 * three days). `failingSince`: nothing has arrived since then. `previousUntil`: until then the
 * secret before the last rotation signs as well.
 */
export interface HookView {
  id: string;
  url: string;
  description: string;
  events: ("quota.threshold" | "plan.changed" | "credits.granted" | "credits.refunded" | "webhook.disabled" | "report.ready" | "report.failed" | "alert.opened" | "alert.updated" | "alert.closed")[];
  enabled: boolean;
  disabledReason: string | null;
  failingSince: string | null;
  previousUntil: string | null;
  createdAt: string;
}

export interface HookPage {
  nextCursor: string | null;
  items: HookView[];
}

/** `events`: those that are sent; of alerts to admins only. */
export interface CreateHook {
  url: string;
  events: ("quota.threshold" | "plan.changed" | "credits.granted" | "credits.refunded" | "webhook.disabled" | "report.ready" | "report.failed" | "alert.opened" | "alert.updated" | "alert.closed")[];
  description?: string;
}

/** `secret` is shown here and never again. */
export interface HookCreated {
  id: string;
  url: string;
  description: string;
  events: ("quota.threshold" | "plan.changed" | "credits.granted" | "credits.refunded" | "webhook.disabled" | "report.ready" | "report.failed" | "alert.opened" | "alert.updated" | "alert.closed")[];
  enabled: boolean;
  disabledReason: string | null;
  failingSince: string | null;
  previousUntil: string | null;
  createdAt: string;
  secret: string;
}

/**
 * What is absent stays. `enabled` false: nothing is sent, nor what waits; true: what happens
 * from now on is.
 */
export interface ChangeHook {
  url?: string;
  events?: ("quota.threshold" | "plan.changed" | "credits.granted" | "credits.refunded" | "webhook.disabled" | "report.ready" | "report.failed" | "alert.opened" | "alert.updated" | "alert.closed")[];
  description?: string;
  enabled?: boolean;
}

/** `graceSeconds`: how long the old secret signs beside the new one. */
export interface RotateHook {
  graceSeconds?: number;
}

/**
 * `example`: a whole body. `forAdmins`: nobody else can ask for it. `webhook.test` is
 * sent to whoever asks for a test, and cannot be asked for otherwise.
 */
export interface EventView {
  event: string;
  forAdmins: boolean;
  example: Record<string, unknown>;
}

export interface Events {
  items: EventView[];
}

/** One entry of a log. `status` null: no answer came, for the reason in `error`. */
export interface Attempt {
  at: string;
  status: number | null;
  durationMs: number;
  excerpt: string;
  error: string | null;
}

/**
 * `state`: waiting, delivered, failed (given up) or cancelled (the webhook was disabled).
 * `nextAt` null: it is not sent any more, unless somebody asks for it. `attempts`: the oldest
 * first; `excerpt` is the beginning of what was answered.
 */
export interface DeliveryView {
  eventId: string;
  event: string;
  state: string;
  nextAt: string | null;
  createdAt: string;
  finishedAt: string | null;
  attempts: Attempt[];
}

export interface DeliveryPage {
  nextCursor: string | null;
  items: DeliveryView[];
}

/**
 * Dollars per million tokens; where a model is sold by them: dollars for one `image`, per
 * million times `character`, for a `second` of audio. `multiplier`: credits asked for per
 * credit of cost.
 */
export interface PriceView {
  input: string;
  cachedInput: string;
  cacheWrite: string;
  output: string;
  multiplier: string;
  image?: string;
  character?: string;
  second?: string;
}

/** What every token of a request costs whose input has more than `aboveInputTokens`. */
export interface TierView {
  aboveInputTokens: number;
  prices: PriceView;
}

/** `state`: `current` holds now, `past` did once, `future` will. */
export interface DatedView {
  effectiveFrom: string;
  state: "current" | "future" | "past";
  prices: PriceView;
}

/**
 * Dollars for one image of `variant`, its size and quality; published at `source`. A dated
 * row of `model@variant` stands before it.
 */
export interface ImageView {
  variant: string;
  image: string;
  since: string;
  source: string;
}

/**
 * `prices` is what holds now, from `source`; null: the model is unpriced, so it cannot
 * be used.
 *
 * `listed` is the vendor's, `tiers` are its prices for large requests (they hold where the
 * list does); `own` is fixed here or configured. A `dated` row stands before both.
 * `configured`: some provider here offers the model. `images`: what its images cost.
 */
export interface ModelPrices {
  model: string;
  configured: boolean;
  unpriced: boolean;
  prices: PriceView | null;
  source: "dated" | "list" | "own" | null;
  listed: PriceView | null;
  tiers: TierView[];
  own: PriceView | null;
  dated: DatedView[];
  images: ImageView[];
}

/** All there are: `nextCursor` is always null. */
export interface PriceList {
  items: ModelPrices[];
  nextCursor?: null;
}

/**
 * `effectiveFrom` absent: now. The price of one size and quality of images: `model` is
 * `openai/gpt-image-1@1024x1024/high`.
 */
export interface SetPrice {
  model: string;
  input: string;
  output: string;
  cachedInput?: string;
  cacheWrite?: string;
  multiplier?: string;
  image?: string;
  character?: string;
  second?: string;
  effectiveFrom?: string;
}

/**
 * The model's calls from `from` up to and without `to`, as they were billed and as they
 * would have been: last month's, or those of the last thirty days where it had none.
 * A difference is what would have been more.
 */
export interface EffectView {
  from: string;
  to: string;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: string;
  newCostUsd: string;
  costDifferenceUsd: string;
  chargedUsd: string;
  newChargedUsd: string;
  chargedDifferenceUsd: string;
}

/** `warnings`: what may have been meant otherwise; nothing that keeps it from being done. */
export interface PriceChange {
  model: string;
  effectiveFrom: string;
  prices: PriceView;
  warnings: string[];
  effect: EffectView;
}

/**
 * The price that calls of `model` should have had that ended from `from` up to and without
 * `to`. `reason` stands beside what goes back, where users see it. `preview`: say what it
 * comes to and do nothing.
 */
export interface RepriceCalls {
  model: string;
  input: string;
  output: string;
  cachedInput?: string;
  cacheWrite?: string;
  multiplier?: string;
  image?: string;
  character?: string;
  second?: string;
  from: string;
  to: string;
  reason: string;
  preview?: boolean;
}

/**
 * `changed` of the `calls` that were looked at stood at another price.
 * `costDifferenceUsd` is what they cost more (below zero: less); `credits` go back to whoever
 * paid, `creditsUsd` dollars. `finished` false: ask again, with `nextCursor` or without.
 */
export interface RepricingView {
  preview: boolean;
  calls: number;
  changed: number;
  costDifferenceUsd: string;
  credits: string;
  creditsUsd: string;
  finished: boolean;
  nextCursor: string | null;
}

/**
 * What opens incidents of a kind: about which scopes, over which windows, compared with what
 * (`statistic`), and from which figures on. `enabled` false: it is switched off.
 */
export interface RuleView {
  kind: "cost_spike" | "daily_cost" | "dead_letters" | "provider_errors" | "request_burst";
  enabled: boolean;
  scopes: ("agent" | "creator" | "feature" | "model" | "provider" | "system")[];
  windowSeconds: number[];
  statistic: string;
  thresholds: Record<string, string>;
}

/** `dailyCostUsd` null: no day is too dear; `burstBlockMinutes` 0: nobody is paused. */
export interface Figures {
  dailyCostUsd: string | null;
  errorPercent: number;
  burstBlockMinutes: number;
}

/**
 * `everySeconds`: how often it is looked. `quietMinutes`: after so many without anything
 * out of the ordinary an incident closes. `grownPercent`: risen by so much it is told again.
 *
 * `figures` are those in force, `settings` what the deployment says, `chosen` which of them
 * an admin chose instead; `chosenAt`, `chosenBy`: the last time.
 */
export interface RulesView {
  everySeconds: number;
  quietMinutes: number;
  grownPercent: number;
  rules: RuleView[];
  figures: Figures;
  settings: Figures;
  chosen: ("burstBlockMinutes" | "dailyCostUsd" | "errorPercent")[];
  chosenAt: string | null;
  chosenBy: string | null;
}

/**
 * What is absent stays. `dailyCostUsd` null: no day is too dear. `reset`: what is as the
 * settings have it again.
 */
export interface ChangeRules {
  dailyCostUsd?: string | null;
  errorPercent?: number;
  burstBlockMinutes?: number;
  reset?: ("burstBlockMinutes" | "dailyCostUsd" | "errorPercent")[];
}

/**
 * One incident. `scope`: what it is about, in words. `observed` and `usual`: texts with
 * their unit; `evidence`: the figures behind them, and what made most of it. `since`: when it
 * began; `quietSince`: nothing is out of the ordinary any more since then. `version` grows
 * with every change that was told. `paused`: new turns of its scope are refused right now.
 */
export interface AlertView {
  id: string;
  kind: "cost_spike" | "daily_cost" | "dead_letters" | "provider_errors" | "request_burst";
  severity: "high" | "watch";
  state: "closed" | "open";
  version: number;
  scope: string;
  scopeKind: "agent" | "creator" | "feature" | "model" | "provider" | "system";
  scopeKey: string;
  observed: string;
  usual: string;
  explanation: string;
  evidence: Record<string, unknown>;
  since: string;
  openedAt: string;
  updatedAt: string;
  quietSince: string | null;
  closedAt: string | null;
  acknowledgedAt: string | null;
  acknowledgedBy: string | null;
  issueUrl: string | null;
  paused: boolean;
}

export interface AlertPage {
  nextCursor: string | null;
  items: AlertView[];
}

/** One telling of an incident: `version` of it, to `admins` notifications. */
export interface Told {
  version: number;
  event: string;
  admins: number;
  at: string;
}

/**
 * One telling on its way to one webhook of an admin. `host`: where it goes; `state`:
 * waiting, delivered, failed or cancelled.
 */
export interface Sent {
  version: number;
  event: string;
  host: string;
  state: string;
  attempts: number;
  at: string;
  finishedAt: string | null;
}

/**
 * To whom an incident was told, newest first: a hundred of each at most. Its issue in Linear is
 * `issueUrl` of the incident.
 */
export interface AlertDeliveries {
  told: Told[];
  sent: Sent[];
}

/**
 * `until` null: nobody has said how long. `active`: new turns of it are refused right now.
 * `createdBy` null: an alert did, by itself.
 */
export interface PauseView {
  id: string;
  scope: "agent" | "creator" | "feature" | "model" | "provider" | "system";
  key: string;
  reason: string;
  alertId: string | null;
  createdBy: string | null;
  createdAt: string;
  until: string | null;
  active: boolean;
  liftedAt: string | null;
  liftedBy: string | null;
}

export interface PausePage {
  nextCursor: string | null;
  items: PauseView[];
}

/**
 * `key` names what of that kind: a creator by id or as `external:<externalId>`, a model by
 * its id; of `system` there is none. `minutes` absent: until it is lifted. `reason` is told
 * to everybody whose turn is refused. `alertId`: of the incident that it is done for.
 */
export interface NewPause {
  scope: "agent" | "creator" | "feature" | "model" | "provider" | "system";
  key?: string;
  reason: string;
  minutes?: number | null;
  alertId?: string | null;
}

/** `spentUsd`: of this month's quota, in dollars. */
export interface UserListed {
  id: string;
  email: string | null;
  name: string;
  role: string;
  plan: string;
  planSource: "chosen" | "default" | "subscription";
  issuer: string | null;
  externalId: string | null;
  createdAt: string;
  suspendedAt: string | null;
  deletionRequestedAt: string | null;
  spentUsd: string;
}

export interface UserPage {
  nextCursor: string | null;
  items: UserListed[];
}

/** `name` absent: what stands before the @; `plan` absent: starter, until one is chosen. */
export interface CreateUser {
  email: string;
  name?: string;
  role?: "user" | "admin";
  plan?: "starter" | "pro" | "business" | null;
}

/** Whoever opens `url` is that user, once. */
export interface SignInLink {
  url: string;
  expiresAt: string;
}

export interface UserCreated {
  id: string;
  email: string | null;
  name: string;
  role: string;
  plan: string;
  planSource: "chosen" | "default" | "subscription";
  issuer: string | null;
  externalId: string | null;
  createdAt: string;
  suspendedAt: string | null;
  deletionRequestedAt: string | null;
  signInLink: SignInLink;
}

/**
 * `endedAt` null: nobody has ended it; `active`: it decides the plan, where no admin has
 * chosen another.
 */
export interface SubscriptionView {
  id: string;
  tier: string;
  reference: string | null;
  startsAt: string;
  endsAt: string | null;
  endedAt: string | null;
  active: boolean;
}

/**
 * `plan`: what holds; `planSource`: an admin has chosen it, it is that of the subscription,
 * or the default. `history`: all there were, newest first, a hundred at most.
 */
export interface SubscriptionRead {
  plan: string;
  planSource: "chosen" | "default" | "subscription";
  subscription: SubscriptionView | null;
  history: SubscriptionView[];
}

/**
 * `reference`: what the payment provider calls it. `endsAt`: until when it is paid; absent
 * or null: until it is ended.
 */
export interface Subscribe {
  tier: "starter" | "pro" | "business";
  reference?: string | null;
  endsAt?: string | null;
}

/** `plan` null: the one that nobody chose. */
export interface SetPlan {
  plan: "starter" | "pro" | "business" | null;
}

/**
 * `issuer`, `externalId`: whose user this is and what they are called there; null: one who
 * signs in here. `plan`: what holds; `planSource`: an admin has chosen it, it is that of the
 * active subscription, or the default. `suspendedAt`, `deletionRequestedAt`:
 * since when they are kept out; null: they are not.
 */
export interface UserView {
  id: string;
  email: string | null;
  name: string;
  role: string;
  plan: string;
  planSource: "chosen" | "default" | "subscription";
  issuer: string | null;
  externalId: string | null;
  createdAt: string;
  suspendedAt: string | null;
  deletionRequestedAt: string | null;
}

/** `role`: owner or member. `pays`: turns in it are charged to the workspace. */
export interface MembershipView {
  id: string;
  name: string;
  personal: boolean;
  pays: boolean;
  role: string;
}

/** What a month's turns took of the quota, in dollars; `limitUsd` null: there is none. */
export interface QuotaMonth {
  month: string;
  spentUsd: string;
  heldUsd: string;
  limitUsd: string | null;
}

/** `keys`: how many API keys work. `spendable` is `credits` less what is `held`. */
export interface UserRead {
  id: string;
  email: string | null;
  name: string;
  role: string;
  plan: string;
  planSource: "chosen" | "default" | "subscription";
  issuer: string | null;
  externalId: string | null;
  createdAt: string;
  suspendedAt: string | null;
  deletionRequestedAt: string | null;
  workspaces: MembershipView[];
  keys: number;
  credits: string;
  held: string;
  spendable: string;
  month: QuotaMonth;
}

/** What is absent stays. `plan` null: the one that nobody chose. */
export interface ChangeUser {
  name?: string;
  role?: "user" | "admin";
  plan?: "starter" | "pro" | "business" | null;
  suspended?: boolean;
}

/**
 * `actorId` null: somebody at the command line. `before`, `after`: what was changed, as
 * far as there was something and is something.
 */
export interface AuditEntryView {
  id: string;
  at: string;
  actorId: string | null;
  action: string;
  targetKind: string;
  targetId: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  address: string;
  requestId: string;
}

export interface AuditPage {
  nextCursor: string | null;
  items: AuditEntryView[];
}

/**
 * One agent of a decision. `why` in English; `reason` is its code, and `words` those of
 * the text that decided: earlier decisions have neither. `score` 0-1: how much spoke for it.
 */
export interface Chosen {
  agent: string;
  why: string;
  reason?: string;
  words?: string[];
  score: number;
}

/**
 * One turn: `request` is what was asked for, the `kind` of its generation, or `chat`;
 * `agents` who was chosen, the best first.
 */
export interface RoutingView {
  turnId: string;
  creatorId: string;
  request: string;
  agents: Chosen[];
  at: string;
}

export interface RoutingPage {
  nextCursor: string | null;
  items: RoutingView[];
}

/**
 * `state`: `closed` (calls go through), `open` (left alone), `half_open` (one call is
 * tried). `calls` and `failures` are those of the last minute; `firstWordMs` is the median
 * of the last calls that said something; `probeInSeconds` null unless it is open.
 */
export interface ModelHealthView {
  model: string;
  state: string;
  calls: number;
  failures: number;
  firstWordMs: number | null;
  probeInSeconds: number | null;
  lastError: string | null;
  lastErrorAt: string | null;
}

export interface ProviderHealthView {
  provider: string;
  models: ModelHealthView[];
}

/** As this process sees it: each has breakers of its own. `nextCursor` is always null. */
export interface ProviderList {
  items: ProviderHealthView[];
  nextCursor?: null;
}

/**
 * `latencyMs` is the middle one of five round trips, `worstMs` the longest; null where it
 * does not answer. `writable`: what was written could be read again; a replica, or one whose
 * memory is full, answers and is not. `detail`: the kind of failure, `RedisAway` where it did
 * not answer a moment ago and is left alone until it does.
 */
export interface RedisReport {
  connected: boolean;
  writable: boolean;
  latencyMs: number | null;
  worstMs: number | null;
  detail: string | null;
}

/**
 * `scopes` null: everything that the user may do. `workspaceId`: the only one that turns of
 * this key belong to. `issuer`: whose users this service key may name.
 */
export interface KeyView {
  id: string;
  name: string;
  prefix: string;
  scopes: string[] | null;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  workspaceId: string | null;
  issuer: string | null;
}

export interface KeyPage {
  nextCursor: string | null;
  items: KeyView[];
}

/**
 * `scopes` absent: everything that the user may do; `expiresAt` absent: until revoked.
 * `workspaceId`: where all its turns shall belong. Only admins make service keys, which have an
 * `issuer` (absent: JWT_ISSUER, or `authjs` where only session cookies sign in) and some of
 * the scopes `plans:write`, `integrations:write` and `tickets:write`.
 */
export interface CreateKey {
  name: string;
  scopes?: ("read" | "turns" | "write" | "tickets:write" | "admin:read" | "plans:write" | "credits:write" | "integrations:write")[];
  expiresAt?: string;
  workspaceId?: string;
  issuer?: string;
}

/** `key` is shown here and never again. */
export interface KeyCreated {
  id: string;
  name: string;
  prefix: string;
  scopes: string[] | null;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  workspaceId: string | null;
  issuer: string | null;
  key: string;
}

/**
 * `graceSeconds`: how long the old key still works. A session that it has open, and that asks
 * nothing, may hear of a grace below two minutes up to a minute late.
 */
export interface RotateKey {
  graceSeconds?: number;
}

/**
 * Without `externalId` a ticket for the caller. With it, which a service key may say, one for
 * that user of its issuer, who need not be known here; `name` and `email` are for people.
 */
export interface CreateTicket {
  externalId?: string | number;
  name?: string;
  email?: string;
}

/**
 * `ticket` goes into the subprotocol `bearer.<ticket>`, or to `/api/auth/exchange`: once,
 * until `expiresAt`.
 */
export interface TicketView {
  ticket: string;
  expiresAt: string;
}

export interface Exchange {
  ticket: string;
}

/**
 * `token` goes into `Authorization: Bearer` or the subprotocol `bearer.<token>`, as often
 * as wanted until `expiresAt`. It may read, write and run turns, as far as the ticket could, and
 * ends with the credential that asked for the ticket.
 */
export interface BearerView {
  token: string;
  expiresAt: string;
  user: UserInfo;
}

export interface Alive {
  status: string;
  version: string;
}

/** `latencyMs` null where it does not answer; `detail` says what is wrong. */
export interface Check {
  ok: boolean;
  latencyMs: number | null;
  detail?: string | null;
}

/**
 * `ready` depends on database, migrations and draining alone; the rest is detail.
 *
 * `redis` not ok: turns go on, as the limits allow. `leaseAgeSeconds`: since this process
 * said last that it lives; others end its turns when that was 15 s ago; null: it holds no lease.
 * `outboxLagSeconds`: no usage event of a turn that ended waits for longer.
 * `load`: `calm`, `busy` (users start turns within fair shares) or `overloaded` (nobody
 * starts any); `loopLagMs` and `loopBusy`, a part of a core, are why.
 * `spooledEnds`: ends of turns that only this machine's disk knows. `modelsLeftAlone`: those
 * that keep failing, which get no calls for some seconds.
 */
export interface Readiness {
  ready: boolean;
  draining: boolean;
  database: Check;
  migrations: Check;
  redis: Check;
  runningTurns: number;
  load: string;
  loopLagMs: number;
  loopBusy: number;
  leaseAgeSeconds: number | null;
  outboxLagSeconds: number;
  spooledEnds: number;
  modelsLeftAlone: string[];
}

export type Outcome = TurnCompleted | TurnFailed | TurnCancelled;

export type TurnEvent =
  | Outcome
  | TurnStarted
  | TurnDelta
  | TurnReasoning
  | TurnPartial
  | TurnNotice
  | TurnSnapshot;

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
  | QuotaChanged
  | Pong
  | ServerDraining
  | ErrorEvent;

export type InputPart = TextPart | ImagePart | AudioPart | FilePart;

export type ClientCommand =
  | StartTurn
  | EstimateTurn
  | CancelTurn
  | AttachTurn
  | SubscribeConversation
  | UnsubscribeConversation
  | Ping;

export type FeedCommand = SubscribeFeed;

export type FeedEvent =
  | FeedSnapshot
  | FeedUpdate
  | AlertOpened
  | AlertUpdated
  | AlertClosed
  | FeedStale
  | ErrorEvent;
