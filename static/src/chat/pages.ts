// The pages of a thread in the document: which are there, how high those are that are not, what comes
// near while the reader scrolls.
import type { Entry } from "../core/entries.js";
import { mount, originOf, paginate, within, type Origin, type Range, type WindowPage } from "./window.js";

/** A page is fetched and laid out this far before it comes into sight. */
const AHEAD_PX = 1_200;

export class Pages {
  private origin: Origin | undefined;
  private numbers = new Map<string, number>();
  private entries: readonly Entry[] | undefined;
  private pages: readonly WindowPage<Entry>[] = [];
  private near: Range | undefined;
  private readonly nearby = new Set<number>();
  mounted: Range | undefined;
  /** Of pages that have left the document. */
  private readonly heights = new Map<number, number>();
  private readonly rowHeights = new Map<string, number>();
  private observer: IntersectionObserver | undefined;
  private readonly observed = new Map<number, Element>();

  /** `reached` hears that other pages have come near. */
  constructor(
    private readonly root: () => ParentNode,
    private readonly reached: () => void,
  ) {}

  /** Another conversation: nothing that was measured is true of it. */
  reset(): void {
    this.detach();
    this.origin = this.entries = this.near = this.mounted = undefined;
    this.numbers = new Map();
    this.pages = [];
    this.heights.clear();
    this.rowHeights.clear();
  }

  detach(): void {
    this.observer?.disconnect();
    this.observer = undefined;
    this.observed.clear();
    this.nearby.clear();
  }

  /** The pages of these rows, and which of them are to be in the document. */
  arrange(entries: readonly Entry[]): readonly WindowPage<Entry>[] {
    if (entries !== this.entries) {
      this.origin = originOf(entries, this.origin, this.numbers);
      const at = this.origin?.at ?? 0;
      this.numbers = new Map(entries.map(({ key }, index) => [key, at + index]));
      this.pages = paginate(entries, this.origin);
      this.entries = entries;
    }
    const all = this.all;
    if (!all) return this.pages;
    const last = { from: all.to, to: all.to };
    // Rows of another place altogether: what was near is not there any more.
    const lost = this.near && (this.near.from > all.to || this.near.to < all.from);
    if (lost) this.near = this.mounted = undefined;
    const next = mount(this.mounted, this.near ?? last, all);
    if (this.mounted) this.measure(this.mounted, next);
    this.mounted = next;
    return this.pages;
  }

  private get all(): Range | undefined {
    const [first] = this.pages;
    return first && { from: first.number, to: this.pages.at(-1)?.number ?? first.number };
  }

  /** Whether the first page, or the last, is near. */
  get atFirst(): boolean {
    return !!this.near && this.near.from <= (this.all?.from ?? 0);
  }

  get atLast(): boolean {
    return !!this.near && this.near.to >= (this.all?.to ?? 0);
  }

  /** Brings the page of a row near; without one, the last. False: there is no such row. */
  goTo(key?: string): boolean {
    const page = key === undefined
      ? this.pages.at(-1)
      : this.pages.find(({ exchanges }) => exchanges.some(({ rows }) => rows.some((row) => row.key === key)));
    if (!page) return false;
    this.near = { from: page.number, to: page.number };
    return true;
  }

  private section(number: number): HTMLElement | null {
    return this.root().querySelector<HTMLElement>(`section[data-page="${number}"]`);
  }

  /** Remembers what leaves as high as it stands. */
  private measure(now: Range, next: Range): void {
    for (let number = now.from; number <= now.to; number++) {
      if (within(next, number)) continue;
      const section = this.section(number);
      if (!section) continue;
      this.heights.set(number, section.getBoundingClientRect().height);
      for (const row of section.querySelectorAll<HTMLElement & { entry: Entry }>("causerie-message")) {
        this.rowHeights.set(row.entry.key, row.offsetHeight);
      }
    }
  }

  /** After a render: pages that are away stand as high as they were, and all are watched. */
  applied(box: HTMLElement): void {
    this.observer ??= new IntersectionObserver(this.seen, { root: box, rootMargin: `${AHEAD_PX}px 0px` });
    const present = new Set<number>();
    for (const { number } of this.pages) {
      present.add(number);
      const section = this.section(number);
      if (!section) continue;
      if (within(this.mounted, number)) this.fill(section);
      else section.style.setProperty("block-size", `${this.heights.get(number) ?? 0}px`);
      if (this.observed.get(number) === section) continue;
      this.observed.set(number, section);
      this.observer.observe(section);
    }
    for (const [number, section] of this.observed) {
      if (present.has(number)) continue;
      this.observer.unobserve(section);
      this.observed.delete(number);
      this.nearby.delete(number);
    }
  }

  /** Rows that come back are taken for as high as they were until they are laid out. */
  private fill(section: HTMLElement): void {
    if (!section.style.blockSize) return;
    section.style.removeProperty("block-size");
    for (const row of section.querySelectorAll<HTMLElement & { entry: Entry }>("causerie-message")) {
      const height = this.rowHeights.get(row.entry.key);
      if (height) row.style.setProperty("contain-intrinsic-block-size", `auto ${height}px`);
    }
  }

  private readonly seen = (changes: readonly IntersectionObserverEntry[]): void => {
    for (const { target, isIntersecting } of changes) {
      const number = Number((target as HTMLElement).dataset["page"]);
      if (isIntersecting) this.nearby.add(number);
      else this.nearby.delete(number);
    }
    if (!this.nearby.size) return;
    const numbers = [...this.nearby];
    this.near = { from: Math.min(...numbers), to: Math.max(...numbers) };
    this.reached();
  };
}
