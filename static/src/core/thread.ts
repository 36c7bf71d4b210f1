// One conversation as the page shows it: stored messages, what is being sent, what waits.
import type { Client } from "./client.js";
import { Problem } from "./api.js";
import { NEW_CHAT } from "./drafts.js";
import { entryOf, placeTurns, questionOf, unfinished, withoutSending, type Entry, type ThreadState } from "./entries.js";
import { EMPTY, enqueue, load, next, pause, remove, resume, save, type Queue } from "./queue.js";
import type { ConversationRead, Turn } from "./resources.js";
import { Store } from "./store.js";
import { isLive, type TurnState } from "./turns.js";
import type { TurnRequest, TurnStarted } from "./wire.gen.js";

const PAGE = 50;

export type { ThreadState };

export class Thread {
  readonly state: Store<ThreadState>;
  private readonly asked = new Set<string>();
  private readonly settled = new Set<string>();
  /** Turns whose answer is being written anew: their row has made room for it. */
  private readonly replaced = new Set<string>();

  constructor(
    private readonly client: Client,
    id: string | undefined,
  ) {
    this.state = new Store<ThreadState>({
      id,
      phase: id ? "loading" : "ready",
      title: "",
      model: undefined,
      entries: [],
      cursor: null,
      queue: id ? load(client.shelf, id) : EMPTY,
      sent: 0,
    });
  }

  /** The name under which drafts and waiting messages are kept. */
  get name(): string {
    return this.state.value.id ?? NEW_CHAT;
  }

  get running(): TurnState | undefined {
    for (const entry of this.state.value.entries) {
      const turn = entry.turnId && this.client.session.value.turns.get(entry.turnId);
      if (turn && isLive(turn)) return turn;
    }
    return undefined;
  }

  get busy(): boolean {
    return this.state.value.entries.some((entry) => entry.sending === "sending") || !!this.running;
  }

  /** Reads the newest page again, keeping what is still being sent. */
  async load(leaf?: string): Promise<void> {
    const { id } = this.state.value;
    if (!id) return;
    try {
      const data = await this.client.api.get<ConversationRead>(
        `/api/conversations/${id}?limit=${PAGE}${leaf ? `&leaf=${leaf}` : ""}`,
      );
      this.state.update((state) => {
        const stored = data.messages.map(entryOf);
        const ids = new Set(stored.map((entry) => entry.id));
        const keys = new Map(state.entries.map((entry) => [entry.id, entry.key]));
        // Rows already shown keep their keys, so that their elements are kept too.
        for (const entry of stored) entry.key = (entry.id && keys.get(entry.id)) || entry.key;
        const local = leaf
          ? []
          : state.entries.filter(
              (entry) => (entry.sending || this.isRunning(entry)) && !(entry.id && ids.has(entry.id)),
            );
        return {
          ...state,
          phase: "ready",
          title: data.title,
          model: state.model ?? data.model ?? undefined,
          cursor: data.nextCursor,
          entries: [...stored, ...local],
        };
      });
      this.place();
      void this.recall();
    } catch (error) {
      const missing = error instanceof Problem && (error.status === 404 || error.code === "invalid");
      this.state.update((state) =>
        state.phase === "ready" ? state : { ...state, phase: missing ? "missing" : "failed" },
      );
    }
  }

  /** The page before the oldest message shown. */
  async older(): Promise<void> {
    const { id, cursor } = this.state.value;
    if (!id || !cursor || this.asked.has(cursor)) return;
    this.asked.add(cursor);
    try {
      const data = await this.client.api.get<ConversationRead>(
        `/api/conversations/${id}?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`,
      );
      this.state.update((state) => {
        const known = new Set(state.entries.map((entry) => entry.id));
        const fresh = data.messages.map(entryOf).filter((entry) => !known.has(entry.id));
        return { ...state, cursor: data.nextCursor, entries: [...fresh, ...state.entries] };
      });
    } finally {
      this.asked.delete(cursor);
    }
  }

  private isRunning(entry: Entry): boolean {
    const turn = entry.turnId && this.client.session.value.turns.get(entry.turnId);
    return !!turn && isLive(turn);
  }

  /** Sends now, or lets the message wait for the turn that runs. */
  submit(text: string): "sent" | "queued" | "full" {
    if (!this.busy && !this.state.value.queue.paused) {
      void this.send({ text });
      return "sent";
    }
    const before = this.state.value.queue;
    const after = enqueue(before, { id: crypto.randomUUID(), text });
    if (after === before) return "full";
    this.keep(after);
    return "queued";
  }

  private keep(queue: Queue): void {
    this.state.update((state) => ({ ...state, queue }));
    save(this.client.shelf, this.name, queue);
  }

  unqueue(id: string): string {
    const item = this.state.value.queue.items.find((one) => one.id === id);
    this.keep(remove(this.state.value.queue, id));
    return item?.text ?? "";
  }

  discardQueue(): void {
    this.keep(EMPTY);
  }

  resumeQueue(): void {
    this.keep(resume(this.state.value.queue));
    this.sendNext();
  }

  private sendNext(): void {
    if (this.busy) return;
    const [item, rest] = next(this.state.value.queue);
    if (!item) return;
    this.keep(rest);
    void this.send({ text: item.text }, item.id);
  }

  /** Starts a turn and sees it through refusals of the network: the same id is never charged twice. */
  async send(input: { text: string } | { regenerateOf: string }, id: string = crypto.randomUUID()): Promise<void> {
    const said = "text" in input;
    if (said) {
      const entry = questionOf(id, input.text);
      this.state.update((state) => ({
        ...state,
        sent: state.sent + 1,
        entries: [...state.entries.filter((one) => one.key !== id), entry],
      }));
    }
    const { model, id: conversationId } = this.state.value;
    const request: TurnRequest = {
      ...input,
      ...(conversationId ? { conversationId } : {}),
      ...(model ? { model } : {}),
    };
    try {
      const started = await this.client.startTurn(request, id);
      this.began(started, said ? id : undefined);
    } catch (error) {
      this.refused(id, said, error instanceof Problem ? error : new Problem("internal", String(error), false));
    }
  }

  private began(started: TurnStarted, key: string | undefined): void {
    const said = this.state.value.entries.find((entry) => entry.key === key);
    if (said) this.client.drafts.sent(this.name, said.text);
    const fresh = !this.state.value.id;
    if (fresh) this.client.adopt(this, started.conversationId);
    this.state.update((state) => ({
      ...state,
      id: started.conversationId,
      entries: state.entries.map((entry) =>
        entry.key === key ? { ...withoutSending(entry), id: started.userMessageId } : entry,
      ),
    }));
    if (fresh) save(this.client.shelf, started.conversationId, this.state.value.queue);
    this.place();
  }

  private refused(key: string, said: boolean, problem: Problem): void {
    this.keep(pause(this.state.value.queue));
    if (!said) {
      this.client.tell(problem);
      return;
    }
    this.state.update((state) => ({
      ...state,
      entries: state.entries.map((entry) =>
        entry.key === key ? { ...entry, sending: "refused", problem } : entry,
      ),
    }));
  }

  /** Sends a message again that was turned down. */
  again(entry: Entry): void {
    void this.send({ text: entry.text }, entry.problem?.code === "idempotency_mismatch" ? undefined : entry.key);
  }

  /** Takes a message back that was turned down, and gives its text to whoever asked. */
  takeBack(entry: Entry): string {
    this.state.update((state) => ({
      ...state,
      entries: state.entries.filter((one) => one.key !== entry.key),
    }));
    return entry.text;
  }

  /** Another answer to the same question; the page shows the new branch. */
  regenerate(entry: Entry): void {
    // The list may have been read again since the button was drawn.
    const index = this.state.value.entries.findIndex((one) => one.key === entry.key || (entry.id && one.id === entry.id));
    const answered = entry.role === "assistant" && entry.id && (entry.text || this.textOf(entry));
    // A question that got no text has no stored answer: it is named itself.
    const of = answered ? entry.id : entry.role === "user" ? entry.id : this.state.value.entries[index - 1]?.id;
    if (index < 0 || !of || this.busy) return;
    if (entry.role === "assistant") {
      if (entry.turnId) this.replaced.add(entry.turnId);
      this.state.update((state) => ({
        ...state,
        sent: state.sent + 1,
        entries: state.entries.slice(0, index),
      }));
    }
    void this.send({ regenerateOf: of });
  }

  private textOf(entry: Entry): string {
    return (entry.turnId && this.client.session.value.turns.get(entry.turnId)?.text) || "";
  }

  choose(model: string): void {
    this.state.update((state) => ({ ...state, model }));
  }

  async stop(): Promise<void> {
    const turn = this.running;
    if (turn) await this.client.cancel(turn.turnId);
  }

  /** Gives each turn of this conversation that the session knows its row. Called when turns change. */
  place(): void {
    const { id, entries, phase } = this.state.value;
    if (!id || phase !== "ready") return;
    const turns = [...this.client.session.value.turns.values()].filter(
      (turn) => turn.conversationId === id && !this.replaced.has(turn.turnId),
    );
    for (const turn of turns) this.follow(turn);
    const { rows, unknown } = placeTurns(entries, turns);
    if (rows !== entries) this.state.update((state) => ({ ...state, entries: rows }));
    if (unknown) void this.reloadFor();
  }

  private reloadFor(): Promise<void> {
    if (this.asked.has("unknown")) return Promise.resolve();
    this.asked.add("unknown");
    return this.load().finally(() => setTimeout(() => this.asked.delete("unknown"), 2_000));
  }

  /** Acts once on each outcome: what waits is sent after a good end and held back after a bad one. */
  private follow(turn: TurnState): void {
    if (isLive(turn) || this.settled.has(turn.turnId)) return;
    this.settled.add(turn.turnId);
    if (turn.phase === "failed") this.keep(pause(this.state.value.queue));
    else queueMicrotask(() => this.sendNext());
  }

  /** Asks how stored turns ended that left no whole answer, so that their notice can be shown again. */
  private async recall(): Promise<void> {
    const bad = unfinished(this.state.value.entries, this.client.session.value.turns);
    for (const entry of bad.slice(-5)) {
      const { turnId } = entry;
      if (!turnId) continue;
      this.settled.add(turnId);
      const turn = await this.client.api.get<Turn>(`/api/turns/${turnId}`).catch(() => undefined);
      if (turn) this.client.recall(turn, entry.role === "user" ? entry.id : undefined);
    }
    this.place();
  }
}
