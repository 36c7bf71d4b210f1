// What every element of a page shares: one socket, one session, one list, the threads it has opened.
import { Agents } from "./agents.js";
import { Announcer } from "./announce.js";
import { Api, Problem, type Credentials } from "./api.js";
import { Conversations } from "./conversations.js";
import { Drafts, NEW_CHAT, Shelf, storage } from "./drafts.js";
import { watchDue } from "./elsewhere.js";
import { readFigures } from "./figures.js";
import { remember } from "./keys.js";
import type { ModelInfo, Turn } from "./resources.js";
import { expectTurn, forget, INITIAL, receive, type Attach, type SessionState } from "./session.js";
import { Socket, type SocketOptions } from "./socket.js";
import { Store } from "./store.js";
import type { Thread } from "./thread.js";
import { isLive } from "./turns.js";
import type { Me, ModelList, NotificationPage, ServerEvent } from "./wire.gen.js";

export interface ModelsState {
  phase: "loading" | "ready" | "failed";
  items: readonly ModelInfo[];
}

/** Where the server is, and who speaks, for a page that is not the server's own. */
export interface Ways {
  base: string;
  credentials: Credentials;
  /** Apart from everybody else's in the storage that all users of the host's pages share. */
  owner: string;
}

/** How a thread is opened. Told by the chat, so that pages without one do not carry it. */
type OpenThread = (client: Client, id: string | undefined) => Thread;

export class Client extends EventTarget {
  static openThread: OpenThread = () => {
    throw new Error("no chat is on this page");
  };

  readonly api: Api;
  readonly shelf: Shelf;
  readonly drafts: Drafts;
  readonly announcer = new Announcer();
  readonly agents: Agents;
  readonly conversations: Conversations;
  readonly session = new Store<SessionState>(INITIAL);
  readonly models = new Store<ModelsState>({ phase: "loading", items: [] });
  /** Who is signed in; `null`: nobody; `undefined`: not asked yet. */
  readonly user = new Store<Me | null | undefined>(undefined);
  /** Notifications that are not read yet. */
  readonly unread = new Store(0);
  readonly socket: Socket;
  /** No socket comes about, but turns go over HTTP. */
  readonly overHttp = new Store(false);
  private readonly threads = new Map<string, Thread>();
  private readonly attaching = new Set<string>();
  private subscribed: string | undefined;
  private fresh: Thread | undefined;
  private readonly unwatch: () => void;

  constructor(private readonly ways?: Ways) {
    super();
    this.api = new Api(ways?.base, ways?.credentials);
    this.shelf = new Shelf(storage(), Date.now, ways?.owner);
    this.drafts = new Drafts(this.shelf);
    this.agents = new Agents(this.api);
    this.conversations = new Conversations(this.api);
    this.socket = this.connect({
      path: "/ws",
      protocol: "causerie.v1",
      receive: (frame) => this.receive(frame as ServerEvent),
      probe: () => ({ type: "ping" }),
      lost: () => this.attaching.clear(),
    });
    remember(this.shelf);
    this.unwatch = watchDue(this.shelf, (name) => (name === NEW_CHAT ? this.fresh : this.threads.get(name))?.sending.dealtWith());
    this.user.subscribe((user) => user && !ways && this.shelf.claim(user.id));
    this.api.addEventListener("signed-out", () => this.signedOut());
    this.socket.connection.subscribe((connection) => {
      // 4403: suspended, or deleted elsewhere; whatever proved who one is does so no more.
      const barred = connection.phase === "stopped" && connection.code === 4403;
      if (connection.phase === "signed-out" || barred) this.signedOut();
    });
  }

  /** Whether it serves another site's page: there are no pages of ours to lead to, and nothing to sign out of. */
  get embedded(): boolean {
    return this.ways !== undefined;
  }

  /** Another socket of the same server, opened by the same user. */
  connect(options: SocketOptions): Socket {
    const { ways } = this;
    return new Socket(ways ? { ...options, path: ways.base + options.path, ticket: () => ways.credentials.ticket() } : options);
  }

  /** Ends everything: nobody in the page shows it any more. */
  close(): void {
    this.socket.stop();
    for (const thread of this.threads.values()) thread.branches.close();
    this.fresh?.branches.close();
    this.conversations.close();
    this.api.close();
    this.unwatch();
  }

  /** Asks who is signed in. The answer decides which page is shown. */
  async identify(): Promise<void> {
    try {
      this.user.set(await this.api.get<Me>("/api/auth/me"));
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.user.set(null);
      else throw error;
    }
  }

  /** Opens the session of a signed-in person: socket, list, models. */
  open(): void {
    this.shelf.sweep();
    this.socket.start();
    void this.conversations.refresh();
    void this.readModels();
    void this.readNotices();
  }

  /** Asks what is unread. Marks of the quota among it are told as the event `thresholds`. */
  async readNotices(): Promise<void> {
    try {
      const { items, unread } = await this.api.get<NotificationPage>("/api/notifications?unread=true");
      this.unread.set(unread);
      const detail = items.filter(({ event }) => event === "quota.threshold");
      this.dispatchEvent(new CustomEvent("thresholds", { detail }));
    } catch {
      // They wait on their page.
    }
  }

  private async readModels(): Promise<void> {
    try {
      const { items } = await this.api.get<ModelList>("/api/ai/models");
      this.models.set({ phase: "ready", items });
    } catch {
      this.models.update((state) => ({ ...state, phase: "failed" }));
    }
  }

  private signedOut(): void {
    if (this.user.value) this.dispatchEvent(new Event("signed-out"));
  }

  async signOut(): Promise<void> {
    await this.api.post("/api/auth/sign-out");
    this.socket.stop();
  }

  /** The thread of a conversation, or of a chat that has no id yet; opened once and kept. */
  thread(id: string | undefined): Thread {
    if (id === undefined) return (this.fresh ??= Client.openThread(this, undefined));
    let found = this.threads.get(id);
    if (!found) {
      this.threads.set(id, (found = Client.openThread(this, id)));
    }
    return found;
  }

  /** Begins an empty chat, unless the one at hand is still empty. */
  newChat(): void {
    if (this.fresh?.state.value.entries.length) this.fresh = undefined;
  }

  /** A chat has been given its id by its first turn. */
  adopt(thread: Thread, id: string): void {
    this.threads.set(id, thread);
    if (this.fresh === thread) this.fresh = undefined;
    this.drafts.move(NEW_CHAT, id);
    this.dispatchEvent(new CustomEvent("adopted", { detail: { thread, id } }));
    this.watch(id);
  }

  /** Follows what other sessions start in the conversation that is looked at. */
  watch(id: string | undefined): void {
    if (id) this.conversations.mark(id, false);
    if (id === this.subscribed) return;
    const before = this.subscribed;
    this.subscribed = id;
    if (before) this.quietly({ type: "conversation.unsubscribe", conversationId: before });
    if (id) this.quietly({ type: "conversation.subscribe", conversationId: id });
  }

  private quietly(command: { type: string; [field: string]: unknown }): void {
    // Lost with the connection: `session.ready` subscribes and attaches anew.
    this.socket.request(command).catch(() => undefined);
  }

  /** Takes an event, whichever way it has come. */
  receive(event: ServerEvent): void {
    const before = event.type === "turn.snapshot" && event.outcome && this.session.value.turns.get(event.turnId);
    const [state, attach] = receive(this.session.value, event, Date.now());
    this.session.set(state);
    if (event.type === "session.ready") {
      this.overHttp.set(false);
      if (this.subscribed) {
        this.quietly({ type: "conversation.subscribe", conversationId: this.subscribed });
      }
      void this.conversations.refresh();
    }
    for (const one of attach) this.attach(one);
    if ("turnId" in event && event.type !== "turn.delta") {
      for (const thread of this.threads.values()) thread.place();
    }
    if (event.type === "turn.completed" || event.type === "turn.failed" || event.type === "turn.cancelled") {
      this.conversations.ended(state.turns.get(event.turnId)?.conversationId, this.subscribed);
    }
    // It has ended unheard, and its hold with it: neither `session.ready` nor the snapshot is newer.
    if (before && isLive(before)) {
      readFigures(this.api).then((figures) => this.session.update((now) => ({ ...now, ...figures })), () => undefined);
    }
    if (event.type === "turn.completed") this.dispatchEvent(new CustomEvent("completed", { detail: event }));
    if (event.type === "quota.threshold" || event.type === "quota.changed") void this.readNotices();
    if (event.type === "conversation.updated") this.updated(event.conversationId, event.change);
  }

  private updated(id: string, change: string): void {
    void this.conversations.changed(id, change);
    const thread = this.threads.get(id);
    if (change === "deleted") {
      this.threads.delete(id);
      this.dispatchEvent(new CustomEvent("gone", { detail: id }));
    }
    if (thread && change === "message" && !thread.busy) void thread.load();
  }

  private attach({ turnId, afterSeq }: Attach): void {
    if (this.attaching.has(turnId)) return;
    this.attaching.add(turnId);
    this.socket
      .request({ type: "turn.attach", turnId, afterSeq })
      .catch((error: unknown) => {
        if (error instanceof Problem && error.code === "not_found") {
          this.session.update((state) => forget(state, turnId));
        }
      })
      .finally(() => this.attaching.delete(turnId));
  }

  async cancel(turnId: string): Promise<void> {
    this.session.update((state) => {
      const turn = state.turns.get(turnId);
      if (!turn || !isLive(turn)) return state;
      return { ...state, turns: new Map(state.turns).set(turnId, { ...turn, phase: "stopping" }) };
    });
    try {
      await this.socket.request({ type: "turn.cancel", turnId });
    } catch {
      // No answer on a broken socket: REST reaches the same turn.
      await this.api.post(`/api/turns/${turnId}/cancel`).catch(() => undefined);
    }
  }

  /** Puts a turn read over REST among those of the session, as a snapshot would. */
  recall(turn: Turn, userMessageId?: string): void {
    const now = Date.now();
    const [expecting] = expectTurn(this.session.value, turn.id, turn.conversationId, now);
    const [state] = receive(
      expecting,
      {
        type: "turn.snapshot",
        turnId: turn.id,
        seq: turn.seq,
        state: turn.state,
        text: turn.text,
        ...(turn.outcome ? { outcome: turn.outcome } : {}),
      },
      now,
    );
    const known = state.turns.get(turn.id);
    if (known && userMessageId && !known.userMessageId) {
      const turns = new Map(state.turns).set(turn.id, { ...known, userMessageId });
      this.session.set({ ...state, turns });
    } else this.session.set(state);
  }

  /** A problem that belongs to no message: said once, at the edge of the page. */
  tell(problem: Problem): void {
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }
}
