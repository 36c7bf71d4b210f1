// Between a running turn and the element that shows it: the text goes straight to the Markdown
// stream, and Lit hears only of what changes the frame around it.
import type { ReactiveController } from "lit";

import type { Client } from "../core/client.js";
import { isLive, type TurnState } from "../core/turns.js";
import { schedule, unschedule } from "./markdown/flush.js";
import { MarkdownStream } from "./markdown/render.js";

interface Host {
  readonly client: Client;
  addController(controller: ReactiveController): void;
  requestUpdate(): void;
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
  private stream: MarkdownStream | undefined;
  private drawn = "";
  private stop: (() => void) | undefined;

  constructor(private readonly host: Host) {
    host.addController(this);
  }

  /** The turn to follow; `undefined` follows none. */
  follow(turnId: string | undefined): void {
    if (turnId === this.turnId) return;
    this.turnId = turnId;
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
  draw(root: HTMLElement, stored: string, broken: boolean): void {
    if (!this.stream) {
      this.stream = new MarkdownStream(root);
      const live = this.turn && isLive(this.turn);
      if (!live) {
        this.drawn = this.turn?.text || stored;
        this.stream.finish(this.drawn, broken);
        return;
      }
    }
    this.flush();
  }

  private readonly flush = (): void => {
    const { turn, stream } = this;
    if (!turn || !stream) return;
    if (turn.text !== this.drawn) {
      // Anything but more of the same is a snapshot that says something else.
      if (turn.text.startsWith(this.drawn)) {
        stream.push(turn.text.slice(this.drawn.length));
        stream.flush();
      } else stream.reset(turn.text);
      this.drawn = turn.text;
    }
    if (!isLive(turn)) {
      const idle = globalThis.requestIdleCallback ?? ((work: () => void) => setTimeout(work, 50));
      idle(() => stream.finish(undefined, turn.phase !== "completed"));
    }
  };
}
