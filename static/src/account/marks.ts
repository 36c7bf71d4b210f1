// The marks of the quota that stand over the page. Those that stood there when it was left stand there
// again from the first moment, so that nothing moves when the server has told them once more; those
// that come while somebody looks float over the page, until another page takes its place.
import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";

import type { Shelf } from "../core/drafts.js";
import type { ThresholdNote } from "./threshold.js";

const NAME = "marks";

/** Another version of the pages may have written them: what matters of them is looked at. */
const areNotes = (value: unknown): value is readonly ThresholdNote[] =>
  Array.isArray(value)
  && value.every((note: Partial<ThresholdNote>) => note.event === "quota.threshold" && typeof note.data?.quota.resetsAt === "string");

/** Most people never see one: what shows it is fetched when there is something to say. */
const element = (): Promise<unknown> => import("./threshold.js").catch(() => undefined);

export class Marks implements ReactiveController {
  /** What stood above the page is on its way: drawn before it, it would be pushed down. */
  pending = false;
  private notes: readonly ThresholdNote[] = [];
  private over = false;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly shelf: Shelf,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    // Nothing to do before somebody is signed in.
  }

  /** Somebody is signed in, and what they have on the shelf is theirs. */
  async recall(): Promise<void> {
    const kept = this.shelf.read(NAME, areNotes);
    if (!kept) return;
    this.notes = kept;
    this.pending = true;
    await element();
    this.pending = false;
    this.host.requestUpdate();
  }

  /** The server has told what is unread. */
  async tell(notes: readonly ThresholdNote[]): Promise<void> {
    if (notes.length) this.shelf.write(NAME, notes);
    else this.shelf.remove(NAME);
    if (notes.length) await element();
    this.over = notes.length > 0 && (this.over || !this.notes.length);
    this.notes = notes;
    this.host.requestUpdate();
  }

  /** Another page is looked at: there is room above it. */
  settle(): void {
    this.over = false;
  }

  /** `low`: the page's header is not to be covered. */
  render(low: boolean): TemplateResult | typeof nothing {
    return this.notes.length ? html`<causerie-threshold .notes=${this.notes} ?over=${this.over} ?low=${low}></causerie-threshold>` : nothing;
  }
}
