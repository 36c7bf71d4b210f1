// What a search has found so far: asked for as one types, each question taking the place of the one
// before, page after page.
import type { Api } from "../core/api.js";
import { said } from "../core/said.js";
import { Store } from "../core/store.js";
import type { ConversationView, SearchHit, SearchPage } from "../core/wire.gen.js";

/** Between two strokes of somebody who types; a question for each would be answered in vain. */
const PAUSE_MS = 120;
const PAGE = 20;

export interface Findings {
  /** What was asked; empty: nothing yet. Its answer may be on its way. */
  query: string;
  phase: "ready" | "asking" | "failed";
  titles: readonly ConversationView[];
  hits: readonly SearchHit[];
  cursor: string | null;
  problem: string;
}

const NOTHING: Findings = { query: "", phase: "ready", titles: [], hits: [], cursor: null, problem: "" };

export class Finder {
  readonly found = new Store<Findings>(NOTHING);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked: AbortController | undefined;

  constructor(private readonly api: Api) {}

  /** Asks when the typing pauses. What was found before stays until there is something else. */
  ask(text: string, pause = PAUSE_MS): void {
    const query = text.trim();
    if (query === this.found.value.query && this.found.value.phase !== "failed") return;
    this.stop();
    if (!query) {
      this.found.set(NOTHING);
      return;
    }
    this.found.update((state) => ({ ...state, query, phase: "asking", cursor: null, problem: "" }));
    this.timer = setTimeout(() => void this.read(query), pause);
  }

  again(): void {
    const { query } = this.found.value;
    this.found.update((state) => ({ ...state, phase: "failed" }));
    this.ask(query, 0);
  }

  /** The next page, if there is one and nothing else is asked for. */
  async more(): Promise<void> {
    const { query, phase, cursor } = this.found.value;
    if (!cursor || phase !== "ready" || this.asked) return;
    await this.read(query, cursor);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.asked = undefined;
  }

  private async read(query: string, cursor?: string): Promise<void> {
    const asked = new AbortController();
    this.asked = asked;
    const place = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    try {
      const page = await this.api.get<SearchPage>(
        `/api/conversations/search?q=${encodeURIComponent(query.slice(0, 200))}&limit=${PAGE}${place}`,
        asked.signal,
      );
      if (this.asked !== asked) return;
      this.asked = undefined;
      this.found.update((state) => ({
        query,
        phase: "ready",
        titles: cursor ? state.titles : page.titles,
        hits: cursor ? [...state.hits, ...page.items] : page.items,
        cursor: page.nextCursor,
        problem: "",
      }));
    } catch (error) {
      if (this.asked !== asked) return;
      this.asked = undefined;
      this.found.update((state) => ({ ...state, phase: "failed", problem: said(error) }));
    }
  }
}
