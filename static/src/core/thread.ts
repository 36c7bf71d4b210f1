// One conversation as the page shows it: stored messages, turns in their places, branches.
import type { Client } from "./client.js";
import { Problem } from "./api.js";
import { Branches } from "./branches.js";
import { chosen, loadChoices } from "./choices.js";
import { NEW_CHAT } from "./drafts.js";
import { loadDue } from "./due.js";
import { entryOf, lay, placeTurns, unfinished, type Aim, type Entry, type ThreadState } from "./entries.js";
import { addressed, readPlace } from "./places.js";
import { EMPTY, load } from "./queue.js";
import type { ConversationRead, Turn } from "./resources.js";
import { Sending } from "./sending.js";
import { Store } from "./store.js";
import { isLive, type TurnState } from "./turns.js";

const PAGE = 50;

export type { ThreadState };

export class Thread {
  readonly state: Store<ThreadState>;
  /** What goes from here to the server. */
  readonly sending: Sending;
  /** Its versions, and what is taken out of it. */
  readonly branches: Branches;
  private readonly asked = new Set<string>();

  constructor(
    private readonly client: Client,
    id: string | undefined,
  ) {
    const held = loadDue(client.shelf, id ?? NEW_CHAT);
    this.state = new Store<ThreadState>({
      id,
      phase: id ? "loading" : "ready",
      title: "",
      choices: loadChoices(client.shelf, id ?? NEW_CHAT),
      kept: {},
      entries: held ? [held] : [],
      cursor: null,
      newer: null,
      aim: undefined,
      queue: id || held ? load(client.shelf, id ?? NEW_CHAT) : EMPTY,
      sent: 0,
    });
    this.sending = new Sending(client, this);
    this.branches = new Branches(client, this);
  }

  /** The name under which drafts and waiting messages are kept. */
  get name(): string {
    return this.state.value.id ?? NEW_CHAT;
  }

  get running(): TurnState | undefined {
    const { entries, newer, id } = this.state.value;
    const { turns } = this.client.session.value;
    for (const entry of entries) {
      const turn = entry.turnId && turns.get(entry.turnId);
      if (turn && isLive(turn)) return turn;
    }
    // It runs at the end, which is not shown.
    return newer ? [...turns.values()].find((turn) => turn.conversationId === id && isLive(turn)) : undefined;
  }

  /** Which model answers next, as far as it is known here; undefined: the server's default. */
  get model(): string | undefined {
    const { choices, kept } = this.state.value;
    const own = this.client.agents.state.value?.items.find(({ id }) => id === (choices.agent ?? kept.agent));
    return choices.model ?? kept.model ?? own?.model ?? undefined;
  }

  get busy(): boolean {
    return this.state.value.entries.some((entry) => entry.sending === "sending") || !!this.running;
  }

  /** Goes to a message, to the one that the address names, or to where reading stopped. */
  async arrive(message = addressed()): Promise<void> {
    const { id, phase, entries } = this.state.value;
    if (!id) return;
    const place = message ? undefined : readPlace(this.client.shelf, id);
    const aim: Aim = message
      ? { id: message, flash: true }
      : place && !place.end
        ? { id: place.id, offset: place.offset }
        : {};
    const isHere = aim.id ? entries.some((entry) => entry.id === aim.id) : !this.state.value.newer;
    if (phase !== "ready" || !isHere) await this.read(aim.id ? `around=${aim.id}` : "", aim.id ? "" : undefined);
    if (this.state.value.phase !== "ready") return;
    this.aim(place?.end ? this.unread(place.id) : aim);
  }

  /** The first message after the one that was read last; the end where nothing has come since. */
  private unread(id: string): Aim {
    const { entries } = this.state.value;
    const next = entries[entries.findIndex((entry) => entry.id === id) + 1];
    return next?.id && next !== entries[0] ? { id: next.id } : {};
  }

  private aim(aim: Aim): void {
    this.state.update((state) => ({ ...state, aim }));
  }

  /** The end, which may have to be read first. */
  async toEnd(): Promise<void> {
    if (this.state.value.newer) await this.read("");
    this.aim({});
  }

  /** Reads the newest page again, keeping what is still being sent. */
  async load(): Promise<void> {
    // Whoever reads in the middle of a conversation is left there.
    if (!this.state.value.newer) await this.read("");
  }

  /**
   * Reads a page and lays it over what is shown. `fallback`: what to ask for where it is not found.
   * `isWanted`: whether it still is when it comes.
   */
  async read(query: string, fallback?: string, isWanted = (): boolean => true): Promise<boolean> {
    const { id } = this.state.value;
    if (!id) return false;
    try {
      const data = await this.client.api.get<ConversationRead>(
        `/api/conversations/${id}?limit=${PAGE}${query && `&${query}`}`,
      );
      if (!isWanted()) return true;
      this.take(data);
      this.place();
      void this.recall();
      return true;
    } catch (error) {
      if (fallback !== undefined && error instanceof Problem && error.status === 404) return this.read(fallback);
      const missing = error instanceof Problem && (error.status === 404 || error.code === "invalid");
      this.state.update((state) =>
        state.phase === "ready" ? state : { ...state, phase: missing ? "missing" : "failed" },
      );
      return false;
    }
  }

  private take(data: ConversationRead): void {
    this.client.conversations.learn(data);
    const said = data.messages.map(entryOf);
    const cut = said.findIndex((entry) => entry.id === this.branches.leaving?.id);
    const page = {
      entries: cut < 0 ? said : said.slice(0, cut),
      cursor: data.nextCursor,
      newer: cut < 0 ? data.newerCursor : null,
    };
    this.state.update((state) => ({
      ...state,
      ...lay(state, page, (entry) => !!entry.sending || this.isRunning(entry)),
      phase: "ready",
      title: data.title,
      kept: chosen({}, {
        agent: data.agent ?? undefined,
        model: data.model ?? undefined,
        presetId: data.presetId ?? undefined,
      }),
    }));
  }

  /** The page before the oldest message shown. */
  older(): Promise<void> {
    return this.more("cursor", (state, data, fresh) => ({
      ...state,
      cursor: data.nextCursor,
      entries: [...fresh, ...state.entries],
    }));
  }

  /** The page after the last message shown. */
  async newer(): Promise<void> {
    await this.more("newer", (state, data, fresh) => ({
      ...state,
      newer: data.newerCursor,
      entries: [...state.entries, ...fresh],
    }));
    this.place();
  }

  private async more(
    direction: "cursor" | "newer",
    add: (state: ThreadState, data: ConversationRead, fresh: readonly Entry[]) => ThreadState,
  ): Promise<void> {
    const { id, [direction]: cursor } = this.state.value;
    if (!id || !cursor || this.asked.has(cursor)) return;
    this.asked.add(cursor);
    try {
      const data = await this.client.api.get<ConversationRead>(
        `/api/conversations/${id}?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`,
      );
      this.state.update((state) => {
        if (state[direction] !== cursor) return state; // something else is shown by now
        const known = new Set(state.entries.map((entry) => entry.id));
        return add(state, data, data.messages.map(entryOf).filter((entry) => !known.has(entry.id)));
      });
    } finally {
      this.asked.delete(cursor);
    }
  }

  private isRunning(entry: Entry): boolean {
    const turn = entry.turnId && this.client.session.value.turns.get(entry.turnId);
    return !!turn && isLive(turn);
  }

  /** Gives each turn of this conversation that the session knows its row. Called when turns change. */
  place(): void {
    const { id, entries, phase } = this.state.value;
    if (!id || phase !== "ready") return;
    const turns = [...this.client.session.value.turns.values()].filter(
      (turn) => turn.conversationId === id && !this.branches.replaced.has(turn.turnId),
    );
    for (const turn of turns) this.sending.follow(turn);
    const { rows, unknown } = placeTurns(entries, turns, this.branches.versions);
    if (rows !== entries) this.state.update((state) => ({ ...state, entries: rows }));
    if (unknown && !this.state.value.newer) void this.reloadFor();
  }

  private reloadFor(): Promise<void> {
    if (this.asked.has("unknown")) return Promise.resolve();
    this.asked.add("unknown");
    return this.load().finally(() => setTimeout(() => this.asked.delete("unknown"), 2_000));
  }

  /** Asks how stored turns ended that left no whole answer, so that their notice can be shown again. */
  private async recall(): Promise<void> {
    const { entries, newer } = this.state.value;
    // Where the page ends before the conversation does, the last answer may only not be read yet.
    const bad = unfinished(newer ? entries.slice(0, -1) : entries, this.client.session.value.turns);
    for (const entry of bad.slice(-5)) {
      const { turnId } = entry;
      if (!turnId) continue;
      this.sending.settle(turnId);
      const turn = await this.client.api.get<Turn>(`/api/turns/${turnId}`).catch(() => undefined);
      const said = entry.role === "user";
      // The answer of one that went well is not missing: it was deleted.
      if (turn && !(said && turn.state === "completed")) this.client.recall(turn, said ? entry.id : undefined);
    }
    this.place();
  }
}
