// Between a running turn and the element that shows it: the text goes straight to the Markdown
// streams, one for each agent that speaks, and Lit hears only of what changes the frame around it.
import type { ReactiveController } from "lit";

import { agentName } from "../core/agents.js";
import type { Client } from "../core/client.js";
import { isLive, type TurnState, type Voice } from "../core/turns.js";
import { schedule, unschedule } from "./markdown/flush.js";
import { fetchRenderer, renderer } from "./markdown/lazy.js";
import type { MarkdownStream } from "./markdown/render.js";

interface Host {
  readonly client: Client;
  addController(controller: ReactiveController): void;
  requestUpdate(): void;
}

/** What is stored of an answer; `of` changes when the element shows another one. */
export interface Stored {
  of: string | undefined;
  text: string;
  broken: boolean;
}

/** What Lit draws of a turn; the text and `seq` are left out on purpose. */
function frame(turn: TurnState | undefined): string {
  if (!turn) return "";
  const started = turn.firstTextAt !== undefined;
  return `${turn.phase} ${started} ${turn.notices.length} ${turn.model} ${!!turn.receipt} ${turn.messageId}`;
}

export class LiveTurn implements ReactiveController {
  turn: TurnState | undefined;
  private turnId: string | undefined;
  private shown = "";
  private root: HTMLElement | undefined;
  private of: string | undefined;
  private streams: MarkdownStream[] = [];
  private drawn = "";
  private stop: (() => void) | undefined;

  constructor(private readonly host: Host) {
    host.addController(this);
  }

  /** The turn to follow; `undefined` follows none. */
  follow(turnId: string | undefined): void {
    if (turnId === this.turnId) return;
    this.turnId = turnId;
    this.turn = undefined;
    this.hostDisconnected();
    this.hostConnected();
  }

  hostConnected(): void {
    if (!this.turnId || this.stop) return;
    this.stop = this.host.client.session.subscribe(this.hear);
    this.hear();
  }

  hostDisconnected(): void {
    this.stop?.();
    this.stop = undefined;
    unschedule(this.flush);
  }

  private readonly hear = (): void => {
    const turn = this.turnId ? this.host.client.session.value.turns.get(this.turnId) : undefined;
    if (turn === this.turn) return;
    this.turn = turn;
    if (turn && turn.text !== this.drawn) schedule(this.flush);
    const next = frame(turn);
    if (next === this.shown) return;
    this.shown = next;
    this.host.requestUpdate();
  };

  /** Draws into `root`: the stored text at first, then whatever the turn says. */
  draw(root: HTMLElement, stored: Stored): void {
    if (!renderer()) {
      this.wait(root, stored);
      return;
    }
    const another = stored.of !== this.of && this.of !== undefined;
    const first = !this.streams.length || another;
    this.root = root;
    this.of = stored.of;
    if (another) this.clear();
    if (first && !(this.turn && isLive(this.turn))) {
      this.whole(this.turn?.text || stored.text, this.turn?.voices ?? [], stored.broken);
    } else this.flush();
  }

  /** Until the renderer is there; where it does not come, the text stands as it was written. */
  private wait(root: HTMLElement, stored: Stored): void {
    fetchRenderer().then(
      () => {
        root.textContent = "";
        this.host.requestUpdate();
      },
      () => (root.textContent = this.turn?.text || stored.text),
    );
  }

  private clear(): void {
    this.root?.replaceChildren();
    this.streams = [];
    this.drawn = "";
  }

  /** The stream of the voice at `index`; a name stands above it where there are several. */
  private stream(index: number, voices: readonly Voice[]): MarkdownStream | undefined {
    const { root } = this;
    const markdown = renderer();
    if (!root || !markdown) return undefined;
    while (this.streams.length <= index) {
      const at = this.streams.length;
      if (voices.length > 1) {
        // The first name is known to be needed only when a second voice speaks.
        if (at <= 1 && !root.querySelector(".voice")) root.prepend(nameLine(voices[0]));
        if (at >= 1) root.append(nameLine(voices[at]));
      }
      const part = document.createElement("div");
      part.className = "md";
      root.append(part);
      this.streams.push(new markdown.MarkdownStream(part));
    }
    return this.streams[index];
  }

  private whole(text: string, voices: readonly Voice[], broken: boolean): void {
    this.drawn = text;
    for (const [index, part] of partsOf(text, voices).entries()) {
      this.stream(index, voices)?.finish(part, broken && index >= voices.length - 1);
    }
  }

  private readonly flush = (): void => {
    const { turn } = this;
    if (!turn || !this.root || !renderer()) return;
    if (turn.text !== this.drawn) {
      // Anything but more of the same is a snapshot that says something else.
      if (!turn.text.startsWith(this.drawn)) this.clear();
      this.append(turn);
    }
    if (!isLive(turn)) {
      const idle = globalThis.requestIdleCallback ?? ((work: () => void) => setTimeout(work, 50));
      const { of } = this;
      idle(() => {
        if (of === this.of && turn.text === this.drawn) this.whole(turn.text, turn.voices, turn.phase !== "completed");
      });
    }
  };

  private append({ text, voices }: TurnState): void {
    const starts = startsOf(voices);
    for (const [index, start] of starts.entries()) {
      const end = starts[index + 1] ?? text.length;
      if (end <= this.drawn.length && index < this.streams.length) continue;
      const stream = this.stream(index, voices);
      stream?.push(text.slice(Math.max(start, this.drawn.length), end));
      stream?.flush();
    }
    this.drawn = text;
  }
}

/** Where each voice begins; what is said before the first is named belongs to it. */
const startsOf = (voices: readonly Voice[]): number[] => [0, ...voices.slice(1).map(({ at }) => at)];

function partsOf(text: string, voices: readonly Voice[]): string[] {
  const starts = startsOf(voices);
  return starts.map((start, index) => text.slice(start, starts[index + 1]));
}

function nameLine(voice: Voice | undefined): HTMLElement {
  const line = document.createElement("h3");
  line.className = "voice";
  line.textContent = agentName(voice?.agent ?? "");
  return line;
}
