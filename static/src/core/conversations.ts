// The list in the sidebar: newest first, by cursor, changed at once and corrected by the server.
import type { Api } from "./api.js";
import { UNDO_MS } from "./patience.js";
import type { Conversation, Page } from "./resources.js";
import { Store } from "./store.js";

export interface ListState {
  items: readonly Conversation[];
  cursor: string | null;
  phase: "loading" | "ready" | "failed";
}

/** Rows of one page: two screens of a tall window. */
const PAGE = 40;

/** The newest page laid over what was loaded before; rows that moved up are not shown twice. */
export function merge(fresh: readonly Conversation[], known: readonly Conversation[]): Conversation[] {
  const ids = new Set(fresh.map((item) => item.id));
  const last = fresh.at(-1);
  const older = known.filter(
    (item) => !ids.has(item.id) && last !== undefined && item.updatedAt <= last.updatedAt,
  );
  return [...fresh, ...older];
}

/** What a list shows of one: whatever else was read with it stays where it was read for. */
function pick({ title, updatedAt, costUsd, charged }: Conversation): Partial<Conversation> {
  return { title, updatedAt, costUsd, charged };
}

export class Conversations {
  readonly state = new Store<ListState>({ items: [], cursor: null, phase: "loading" });
  /** Conversations whose answer ended while something else was looked at. */
  readonly unseen = new Store<ReadonlySet<string>>(new Set());
  /** Those that were opened, wherever in the list they stand. */
  private readonly known = new Map<string, Conversation>();
  private paging: Promise<void> | undefined;
  private readonly leaving = new Map<string, { row: Conversation; timer: ReturnType<typeof setTimeout> }>();
  private reading: Promise<void> | undefined;
  private stale = false;

  constructor(private readonly api: Api) {
    // A deletion that can no longer be taken back must not be forgotten with the page.
    addEventListener("pagehide", this.settle);
  }

  private readonly settle = (): void => {
    for (const id of this.leaving.keys()) void this.erase(id, true);
  };

  close(): void {
    removeEventListener("pagehide", this.settle);
    this.settle();
  }

  /** Reads the newest page; calls while one is under way become one more reading after it. */
  refresh(): Promise<void> {
    if (this.reading) {
      this.stale = true;
      return this.reading;
    }
    this.reading = this.read().finally(() => {
      this.reading = undefined;
      if (this.stale) {
        this.stale = false;
        void this.refresh();
      }
    });
    return this.reading;
  }

  private async read(): Promise<void> {
    try {
      const page = await this.api.get<Page<Conversation>>(`/api/conversations?limit=${PAGE}`);
      this.state.update((state) => {
        const first = state.phase !== "ready" || page.nextCursor === null;
        const items = first ? page.items : merge(page.items, state.items);
        const longer = !first && items.length > page.items.length;
        return {
          items: items.filter((item) => !this.leaving.has(item.id)),
          cursor: longer ? state.cursor : page.nextCursor,
          phase: "ready",
        };
      });
    } catch {
      this.state.update((state) => (state.phase === "ready" ? state : { ...state, phase: "failed" }));
    }
  }

  /** The next page; raises `Problem`. Calls while one is under way are one. */
  more(): Promise<void> {
    const { cursor } = this.state.value;
    if (!cursor) return Promise.resolve();
    this.paging ??= this.readMore(cursor).finally(() => (this.paging = undefined));
    return this.paging;
  }

  private async readMore(cursor: string): Promise<void> {
    const page = await this.api.get<Page<Conversation>>(
      `/api/conversations?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`,
    );
    this.state.update((state) => {
      const known = new Set(state.items.map((item) => item.id));
      const fresh = page.items.filter((item) => !known.has(item.id) && !this.leaving.has(item.id));
      return { ...state, items: [...state.items, ...fresh], cursor: page.nextCursor };
    });
  }

  find(id: string): Conversation | undefined {
    return this.state.value.items.find((item) => item.id === id) ?? this.known.get(id);
  }

  /** One that was read for itself: it may stand further down than the list has been read. */
  learn(row: Conversation): void {
    const kept: Conversation & { messages?: unknown } = { ...row };
    delete kept.messages;
    this.known.set(row.id, kept);
    this.state.update((state) => ({
      ...state,
      items: state.items.map((item) => (item.id === row.id ? { ...item, ...pick(row) } : item)),
    }));
  }

  /** Another session has changed one. */
  async changed(id: string, change: string): Promise<void> {
    if (change === "deleted") {
      this.known.delete(id);
      this.leaving.delete(id);
      this.state.update((state) => ({ ...state, items: state.items.filter((item) => item.id !== id) }));
      return;
    }
    const before = this.find(id);
    await this.refresh();
    // Further down than the newest page: it is asked for alone.
    if (change === "title" && before && this.find(id) === before) {
      await this.api.get<Conversation>(`/api/conversations/${id}?limit=1`).then(
        (row) => this.learn(row),
        () => undefined,
      );
    }
  }

  /** An answer has ended in one: its figures are new, and so is the answer to whoever looks elsewhere. */
  ended(id: string | undefined, looked: string | undefined): void {
    if (id && id !== looked) this.mark(id, true);
    void this.refresh();
  }

  /** Marks one as not looked at yet, or as seen. */
  mark(id: string, unseen: boolean): void {
    if (this.unseen.value.has(id) === unseen) return;
    const next = new Set(this.unseen.value);
    if (unseen) next.add(id);
    else next.delete(id);
    this.unseen.set(next);
  }

  /** False: the server kept the title that it had. */
  async rename(id: string, title: string): Promise<boolean> {
    const before = this.find(id)?.title;
    if (title === before) return true;
    this.retitle(id, title);
    try {
      await this.api.patch(`/api/conversations/${id}`, { title });
      return true;
    } catch {
      if (before !== undefined) this.retitle(id, before);
      return false;
    }
  }

  private retitle(id: string, title: string): void {
    const known = this.known.get(id);
    if (known) this.known.set(id, { ...known, title });
    this.state.update((state) => ({
      ...state,
      items: state.items.map((item) => (item.id === id ? { ...item, title } : item)),
    }));
  }

  /** Takes a row out now and tells the server later, unless `restore` comes first. */
  remove(id: string): void {
    const row = this.find(id);
    if (!row || this.leaving.has(id)) return;
    this.state.update((state) => ({ ...state, items: state.items.filter((item) => item.id !== id) }));
    this.leaving.set(id, { row, timer: setTimeout(() => void this.erase(id), UNDO_MS) });
  }

  restore(id: string): void {
    const entry = this.leaving.get(id);
    if (!entry) return;
    clearTimeout(entry.timer);
    this.leaving.delete(id);
    this.state.update((state) => ({
      ...state,
      items: [...state.items, entry.row].sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1)),
    }));
  }

  private async erase(id: string, keepalive = false): Promise<void> {
    const entry = this.leaving.get(id);
    if (entry) clearTimeout(entry.timer);
    try {
      await this.api.delete(`/api/conversations/${id}`, keepalive);
    } catch {
      // Not deleted after all: the list shows it again.
    } finally {
      this.leaving.delete(id);
      if (!keepalive) await this.refresh();
    }
  }
}
