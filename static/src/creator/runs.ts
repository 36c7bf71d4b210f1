// What runs for somebody, by tool: the page may be left, and finds it again when it comes back.
import type { Client } from "../core/client.js";
import { Errand } from "../core/errand.js";
import { t } from "../core/i18n.js";

/** Where a tool stands, for who is told of its end elsewhere. */
const PLACES = {
  write: "/write",
  fans: "/creator/fans",
  captions: "/creator/captions",
  sales: "/creator/sales",
  insights: "/creator/insights",
} as const;

export type ToolName = keyof typeof PLACES;

/** Told by the client as the event `news`: something has ended that nobody looks at. */
export interface News {
  text: string;
  bad: boolean;
  action: { label: string; path: string };
}

export class Runs extends EventTarget {
  private readonly newest = new Map<ToolName, readonly Errand[]>();
  private readonly watched = new Map<ToolName, number>();
  private readonly running = new Set<Errand>();

  constructor(private readonly client: Client) {
    super();
  }

  /** A page of this site can be left; a window cannot be closed without ending what it reads. */
  private readonly ask = (event: BeforeUnloadEvent): void => event.preventDefault();

  /** What a tool was asked last, running or ended; several where it was asked for several at once. */
  of(tool: ToolName): readonly Errand[] {
    return this.newest.get(tool) ?? [];
  }

  /** A page of the tool stands open until the returned function is called. */
  watch(tool: ToolName): () => void {
    this.watched.set(tool, (this.watched.get(tool) ?? 0) + 1);
    return () => void this.watched.set(tool, (this.watched.get(tool) ?? 1) - 1);
  }

  start(tool: ToolName, path: string, bodies: readonly unknown[]): readonly Errand[] {
    const batch = bodies.map((body) => new Errand(this.client.api, path, body));
    this.newest.set(tool, batch);
    for (const errand of batch) this.run(tool, errand);
    return batch;
  }

  /** Asks one of a batch once more, in its place: what the others have become is kept. */
  again(tool: ToolName, errand: Errand): readonly Errand[] {
    const anew = errand.anew();
    this.newest.set(tool, this.of(tool).map((one) => (one === errand ? anew : one)));
    this.run(tool, anew);
    return this.of(tool);
  }

  private run(tool: ToolName, errand: Errand): void {
    // Only while it is needed: a page that listens is kept by no browser for going back.
    addEventListener("beforeunload", this.ask);
    this.running.add(errand);
    void errand.run().then(() => this.ended(tool, errand));
  }

  private ended(tool: ToolName, errand: Errand): void {
    const batch = this.of(tool);
    this.running.delete(errand);
    if (!this.running.size) removeEventListener("beforeunload", this.ask);
    this.dispatchEvent(new Event("ended"));
    if (!batch.includes(errand) || batch.some(({ live }) => live) || this.watched.get(tool)) return;
    const done = batch.every((errand) => errand.state.value.turn.phase === "completed");
    const text = t(done ? "creator.done" : "creator.notDone", { page: t(`page.${tool}`) });
    const action = { label: t("creator.look"), path: PLACES[tool] };
    this.client.dispatchEvent(new CustomEvent<News>("news", { detail: { text, bad: !done, action } }));
  }
}

const known = new WeakMap<Client, Runs>();

export function runsOf(client: Client): Runs {
  let found = known.get(client);
  if (!found) known.set(client, (found = new Runs(client)));
  return found;
}
