// What goes from a thread to the server: what is said now, what waits for its turn, what was turned down.
import { Problem } from "./api.js";
import { adjusted, chosen, moveChoices, saveChoices, type Adjustable } from "./choices.js";
import type { Client } from "./client.js";
import { NEW_CHAT } from "./drafts.js";
import { forgetDue, keepDue } from "./due.js";
import { questionOf, withoutSending, type Attachment, type Choices, type Entry, type SendInput } from "./entries.js";
import { Estimates } from "./estimates.js";
import { dueAt } from "./patience.js";
import { EMPTY, enqueue, next, pause, remove, resume, rewrite, save, type Queue, type Waiting } from "./queue.js";
import type { Thread } from "./thread.js";
import { startTurn } from "./starting.js";
import { isLive, type TurnState } from "./turns.js";
import type { TurnRequest, TurnStarted } from "./wire.gen.js";
import { uuid } from "./uuid.js";

/** What is written in the box: words, and the files beside them. */
export interface Said {
  text: string;
  parts?: readonly Attachment[];
}

export class Sending {
  /** What the message being written would cost. */
  readonly estimates: Estimates;
  /** Turns whose outcome has been acted on. */
  private readonly settled = new Set<string>();
  /** How often a message was turned down that sends itself, by its key. */
  private readonly refusals = new Map<string, number>();

  constructor(
    private readonly client: Client,
    private readonly thread: Thread,
  ) {
    this.estimates = new Estimates(client);
  }

  private get state(): Thread["state"] {
    return this.thread.state;
  }

  /** Sends now, or lets the message wait for the turn that runs. */
  submit(said: Said): "sent" | "queued" | "full" {
    const { queue, choices } = this.state.value;
    if (!this.thread.busy && !this.counts && !queue.items.length) {
      void this.send(said);
      return "sent";
    }
    const after = enqueue(queue, { id: uuid(), ...said, choices });
    if (after === queue) return "full";
    this.keep(after);
    return "queued";
  }

  private keep(queue: Queue): void {
    this.state.update((state) => ({ ...state, queue }));
    save(this.client.shelf, this.thread.name, queue);
  }

  unqueue(id: string): void {
    this.keep(remove(this.state.value.queue, id));
  }

  rewrite(id: string, text: string): void {
    this.keep(rewrite(this.state.value.queue, id, text));
  }

  discardQueue(): void {
    this.keep(EMPTY);
  }

  resumeQueue(): void {
    this.keep(resume(this.state.value.queue));
    this.sendNext();
  }

  /** A message counts down: what is said after it follows it. */
  get counts(): boolean {
    return this.state.value.entries.some(({ due }) => due !== undefined);
  }

  private sendNext(): void {
    if (this.thread.busy || this.counts) return;
    const [item, rest] = next(this.state.value.queue);
    if (!item) return;
    this.keep(rest);
    void this.send(saidBy(item), item.id, item.choices);
  }

  /** Starts a turn and sees it through refusals of the network: the same id is never charged twice. */
  async send(input: SendInput, id: string = uuid(), choices = this.state.value.choices): Promise<void> {
    const said = "text" in input;
    if (!this.thread.branches.isReady) await this.thread.branches.ready();
    if (said) {
      const entry = questionOf(id, input);
      this.state.update((state) => ({
        ...state,
        sent: state.sent + 1,
        entries: [...state.entries.filter((one) => one.key !== id), entry],
      }));
    }
    try {
      const request = this.request(input, await this.client.agents.known(choices));
      const started = await startTurn(this.client, request, id);
      this.began(started, said ? id : undefined);
    } catch (error) {
      this.refused(id, said, error instanceof Problem ? error : new Problem("internal", String(error), false));
    }
  }

  /** As `turn.start` and `turn.estimate` have it. */
  request(input: SendInput, choices: Choices = this.state.value.choices): TurnRequest {
    const { id } = this.state.value;
    return { ...choices, ...wired(input), ...(id ? { conversationId: id } : {}) };
  }

  private began(started: TurnStarted, key: string | undefined): void {
    const said = this.state.value.entries.find((entry) => entry.key === key);
    if (said) {
      this.client.drafts.sent(this.thread.name, said.text);
      forgetDue(this.client.shelf, this.thread.name);
    }
    const fresh = !this.state.value.id;
    if (fresh) this.client.adopt(this.thread, started.conversationId);
    this.state.update((state) => ({
      ...state,
      id: started.conversationId,
      entries: state.entries.map((entry) =>
        entry.key === key ? { ...withoutSending(entry), id: started.userMessageId } : entry,
      ),
    }));
    if (fresh) {
      save(this.client.shelf, NEW_CHAT, EMPTY);
      save(this.client.shelf, started.conversationId, this.state.value.queue);
      moveChoices(this.client.shelf, started.conversationId, this.state.value.choices);
    }
    this.thread.place();
  }

  private refused(key: string, said: boolean, problem: Problem): void {
    // An agent or a preset that was deleted elsewhere is not asked for a second time.
    if (problem.path === "$.presetId") this.choose({ presetId: null });
    if (problem.path === "$.agent") {
      this.choose({ agent: undefined });
      this.client.agents.read().catch(() => undefined);
    }
    const refusals = this.refusals.get(key) ?? 0;
    const due = said ? dueAt(problem, Date.now(), refusals) : undefined;
    // What sends itself is followed by what waits; anything else has to be seen to first.
    if (due === undefined) this.keep(pause(this.state.value.queue));
    if (!said) {
      this.client.tell(problem);
      return;
    }
    this.refusals.set(key, refusals + 1);
    this.change(key, (entry) => ({ ...entry, sending: "refused", problem, ...(due === undefined ? {} : { due }) }));
    const entry = this.state.value.entries.find((one) => one.key === key);
    if (!entry || due === undefined) return;
    // It waits on disk by itself, so its draft is done with.
    keepDue(this.client.shelf, this.thread.name, entry);
    this.client.drafts.sent(this.thread.name, entry.text);
  }

  private change(key: string, how: (entry: Entry) => Entry): void {
    this.state.update((state) => ({
      ...state,
      entries: state.entries.map((entry) => (entry.key === key ? how(entry) : entry)),
    }));
  }

  /** Sends a message again that was turned down. */
  again(entry: Entry): void {
    forgetDue(this.client.shelf, this.thread.name);
    const said = { text: entry.text, parts: entry.attachments };
    const input = entry.parentId === undefined ? said : { ...said, parentId: entry.parentId };
    void this.send(input, entry.problem?.code === "idempotency_mismatch" ? undefined : entry.key);
  }

  /** It does not send itself: whoever wrote it decides. */
  hold(entry: Entry): void {
    forgetDue(this.client.shelf, this.thread.name);
    this.keep(pause(this.state.value.queue));
    const { drafts } = this.client;
    if (!drafts.read(this.thread.name)) drafts.write(this.thread.name, entry.text);
    this.change(entry.key, ({ due: _due, ...rest }) => rest);
  }

  /** Another window has sent what counts down here, or called it off: here it is done with. */
  dealtWith(): void {
    this.state.update((state) => ({ ...state, entries: state.entries.filter(({ due }) => due === undefined) }));
  }

  /** Takes a message back that was turned down, and gives it to whoever asked. */
  takeBack(entry: Entry): Said {
    forgetDue(this.client.shelf, this.thread.name);
    this.keep(pause(this.state.value.queue));
    this.state.update((state) => ({
      ...state,
      entries: state.entries.filter((one) => one.key !== entry.key),
    }));
    return { text: entry.text, parts: entry.attachments };
  }

  /** Words that no turn was started with, in their order: turned down, waiting, being written. */
  unsaid(): string {
    const { entries, queue } = this.state.value;
    const held = entries.filter(({ sending }) => sending).map(({ text }) => text);
    const draft = this.client.drafts.read(this.thread.name);
    const texts = [...held, ...queue.items.map(({ text }) => text), draft];
    return [...new Set(texts)].filter(Boolean).join("\n\n");
  }

  /** Takes what the next turns are asked for with; a field that is named and `undefined` is dropped. */
  choose(changes: { [Name in keyof Choices]?: Choices[Name] | undefined }): void {
    this.take(chosen(this.state.value.choices, changes));
  }

  /** One parameter of the next turns; `undefined` leaves it to preset, agent and provider. */
  adjust(name: Adjustable, value: number | string | undefined): void {
    this.take(adjusted(this.state.value.choices, name, value));
  }

  private take(choices: Choices): void {
    this.state.update((state) => ({ ...state, choices }));
    saveChoices(this.client.shelf, this.thread.name, choices);
  }

  async stop(): Promise<void> {
    const turn = this.thread.running;
    if (turn) await this.client.cancel(turn.turnId);
  }

  /** Acts once on each outcome: what waits is sent after a good end and held back after a bad one. */
  follow(turn: TurnState): void {
    if (isLive(turn) || this.settled.has(turn.turnId)) return;
    this.settled.add(turn.turnId);
    if (turn.phase === "failed") this.keep(pause(this.state.value.queue));
    else queueMicrotask(() => this.sendNext());
  }

  /** How this turn ended is told, not acted on: it ended before the page knew it. */
  settle(turnId: string): void {
    this.settled.add(turnId);
  }
}

function saidBy({ text, parts }: Waiting): Said {
  return parts ? { text: text.trim(), parts } : { text: text.trim() };
}

/** As `turn.start` has it: text alone, or text and media as parts, or the answer that is wanted anew. */
function wired(input: SendInput): TurnRequest {
  if (!("text" in input)) return input;
  const { text, parts = [], parentId } = input;
  const after = parentId === undefined ? {} : { parentId };
  if (!parts.length) return { text, ...after };
  const media = parts.map(({ type, mediaId }) => ({ type, mediaId }));
  return { parts: text ? [...media, { type: "text", text }] : media, ...after };
}
