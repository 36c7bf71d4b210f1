// The list in the sidebar: newest first, by cursor, changed at once and corrected by the server.
import type { Api } from "./api.js";
import type { Conversation, Page } from "./resources.js";
import { Store } from "./store.js";

export interface ListState {
  items: readonly Conversation[];
  cursor: string | null;
  phase: "loading" | "ready" | "failed";
}

const PAGE = 40;
/** Rows of one page: two screens of a tall window. */

const UNDO_MS = 6_000;
/** How long a deletion can be taken back before the server hears of it. */

/** The newest page laid over what was loaded before; rows that moved up are not shown twice. */
export function merge(fresh: readonly Conversation[], known: readonly Conversation[]): Conversation[] {
  const ids = new Set(fresh.map((item) => item.id));
  const last = fresh.at(-1);
  const older = known.filter(
    (item) => !ids.has(item.id) && last !== undefined && item.updatedAt <= last.updatedAt,
  );
  return [...fresh, ...older];
}

export class Conversations {
  readonly state = new Store<ListState>({ items: [], cursor: null, phase: "loading" });
  private readonly leaving = new Map<string, { row: Conversation; timer: ReturnType<typeof setTimeout> }>();
  private reading: Promise<void> | undefined;
  private stale = false;

  constructor(private readonly api: Api) {
    // A deletion that can no longer be taken back must not be forgotten with the page.
    addEventListener("pagehide", () => {
      for (const id of this.leaving.keys()) void this.erase(id, true);
    });
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

  async more(): Promise<void> {
    const { cursor } = this.state.value;
    if (!cursor) return;
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
    return this.state.value.items.find((item) => item.id === id);
  }

  async rename(id: string, title: string): Promise<void> {
    const before = this.find(id)?.title;
    this.retitle(id, title);
    try {
      await this.api.patch(`/api/conversations/${id}`, { title });
    } catch (error) {
      if (before !== undefined) this.retitle(id, before);
      throw error;
    }
  }

  private retitle(id: string, title: string): void {
    this.state.update((state) => ({
      ...state,
      items: state.items.map((item) => (item.id === id ? { ...item, title } : item)),
    }));
  }

  /** Takes a row out now and tells the server later, unless `restore` comes first. */
  remove(id: string): void {
    const row = this.find(id);
    if (!row) return;
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
    } finally {
      this.leaving.delete(id);
      if (!keepalive) await this.refresh();
    }
  }
}
