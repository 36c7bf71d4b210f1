// The versions of a conversation's messages: another answer, other words, another branch, none at all.
import { Problem } from "./api.js";
import type { Client } from "./client.js";
import type { Entry } from "./entries.js";
import { UNDO_MS } from "./patience.js";
import type { Thread } from "./thread.js";


/** Rows that are gone from sight and not yet from the server. */
interface Leaving {
  id: string;
  before: readonly Entry[];
  timer: ReturnType<typeof setTimeout>;
  /** Says that it can no longer be taken back. */
  gone: () => void;
}

export class Branches {
  /** Turns whose answer is being written anew: their row has made room for it. */
  readonly replaced = new Set<string>();
  /** Of questions that are answered anew: the answers they had. */
  readonly versions = new Map<string, readonly string[]>();
  leaving: Leaving | undefined;
  private steps = 0;

  constructor(
    private readonly client: Client,
    private readonly thread: Thread,
  ) {
    // A deletion that can no longer be taken back must not be forgotten with the page.
    addEventListener("pagehide", this.settle);
  }

  private readonly settle = (): void => void this.erase(true);

  /** Nobody shows the conversation any more. */
  close(): void {
    removeEventListener("pagehide", this.settle);
    this.settle();
  }

  /** Its row now: the list may have been read again since its button was drawn. */
  private indexOf(entry: Entry): number {
    return this.thread.state.value.entries.findIndex((one) => one.key === entry.key || (entry.id && one.id === entry.id));
  }

  private cutAt(index: number): void {
    this.thread.state.update((state) => ({ ...state, sent: state.sent + 1, entries: state.entries.slice(0, index), newer: null }));
  }

  /** Another answer to the same question, by another model if it is named; the page shows the new branch. */
  regenerate(entry: Entry, model?: string): void {
    const index = this.indexOf(entry);
    const before = this.thread.state.value.entries[index - 1];
    const answered = entry.role === "assistant" && entry.id && (entry.text || this.textOf(entry));
    // A question that got no text has no stored answer: it is named itself.
    const of = answered || entry.role === "user" ? entry.id : before?.id;
    if (index < 0 || !of || this.thread.busy) return;
    if (entry.role === "assistant") {
      if (entry.turnId) this.replaced.add(entry.turnId);
      if (before?.id) this.versions.set(before.id, answered ? versionsOf(entry) : entry.siblings);
      this.cutAt(index);
    }
    void this.thread.sending.send({ regenerateOf: of, ...(model ? { model } : {}) });
  }

  private textOf(entry: Entry): string {
    return (entry.turnId && this.client.session.value.turns.get(entry.turnId)?.text) || "";
  }

  /** Asks a question in other words, as a branch beside the first. */
  async edit(entry: Entry, text: string): Promise<void> {
    if (this.thread.busy) return;
    if (entry.parentId === undefined) await this.thread.read(entry.id ? `around=${entry.id}` : "");
    const index = this.indexOf(entry);
    const now = this.thread.state.value.entries[index];
    if (!now || this.thread.busy) return;
    this.cutAt(index);
    const { parentId = null, attachments } = now;
    await this.thread.sending.send({ text, parts: attachments, parentId, siblings: versionsOf(now) });
  }

  /** Shows another version of a message, in its row, and what followed that one. */
  async turnTo(entry: Entry, version: string): Promise<void> {
    // The version takes the row: its element, its focus and its place stay.
    const name = (from: string | undefined, to: string | undefined): void =>
      this.thread.state.update((state) => ({
        ...state,
        entries: state.entries.map((one) =>
          one.key === entry.key && one.id === from ? { ...one, id: to, siblings: versionsOf(entry) } : one,
        ),
      }));
    name(entry.id, version);
    // Whoever steps on before this one is there wants to see the last alone.
    const steps = ++this.steps;
    const found = await this.thread.read(`around=${version}&leaf=${version}`, undefined, () => steps === this.steps);
    if (!found) name(version, entry.id);
  }

  /**
   * Takes a message and what follows it out of sight now, and tells the server later. Answers until
   * when that can be taken back; `undefined`: nothing was taken out.
   */
  remove(entry: Entry): { gone: Promise<void> } | undefined {
    const index = this.indexOf(entry);
    if (index < 0 || !entry.id || this.thread.busy) return undefined;
    void this.erase();
    const before = this.thread.state.value.entries;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.leaving = { id: entry.id, before, timer: setTimeout(() => void this.erase(), UNDO_MS), gone: resolve };
    // Its turn is known here, and would fill the gap.
    if (entry.role === "assistant" && entry.turnId) this.replaced.add(entry.turnId);
    this.thread.state.update((state) => ({ ...state, entries: state.entries.slice(0, index), newer: null }));
    return { gone: promise };
  }

  /** What was taken out of sight comes back. */
  restore(): void {
    const { leaving } = this;
    if (!leaving) return;
    clearTimeout(leaving.timer);
    this.leaving = undefined;
    for (const { turnId } of leaving.before) if (turnId) this.replaced.delete(turnId);
    this.thread.state.update((state) => ({ ...state, entries: leaving.before }));
    void this.thread.read(`around=${leaving.id}`);
  }

  private async erase(keepalive = false): Promise<void> {
    const { leaving } = this;
    if (!leaving) return;
    clearTimeout(leaving.timer);
    leaving.gone();
    await this.client.api
      .delete(`/api/conversations/${this.thread.state.value.id}/messages/${leaving.id}`, keepalive)
      .catch((error: unknown) => {
        if (error instanceof Problem && error.status !== 404) this.client.tell(error);
      });
    if (this.leaving === leaving) this.leaving = undefined;
    if (!keepalive) await this.thread.read("");
  }

  /** Whether what is said now goes where the page shows it. */
  get isReady(): boolean {
    return !this.leaving && !this.thread.state.value.newer;
  }

  /** Before something is said: what was deleted is gone, and the end is what is shown. */
  async ready(): Promise<void> {
    if (this.leaving) await this.erase();
    if (this.thread.state.value.newer) await this.thread.read("");
  }
}

/** All versions of a message, itself among them. */
export function versionsOf({ id, siblings }: Entry): readonly string[] {
  return !id || siblings.includes(id) ? siblings : [...siblings, id];
}
