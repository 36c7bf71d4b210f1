// Where the view stays while text arrives: at the end, at a message, or where the reader has put it.
// The one place that writes `scrollTop`.

import { watch } from "./markdown/flush.js";

/** Pixels from the end that still count as being there: a line of text. */
const NEAR = 24;

const UPWARD = new Set(["ArrowUp", "PageUp", "Home"]);
const MOVING = new Set([...UPWARD, "ArrowDown", "PageDown", "End", " "]);

/** Whether the browser keeps what is in sight where it is when rows above it grow. */
const ANCHORS = typeof CSS !== "undefined" && CSS.supports("overflow-anchor", "auto");

/** What can be asked of the box that scrolls. */
interface Reader {
  /** Whether the end of what is shown is the end of all there is. */
  isWhole(): boolean;
  /** Whether there are messages: where there are none, one reads from above. */
  isBegun(): boolean;
  /** The first message in sight. */
  first(): HTMLElement | undefined;
}

export class Follow {
  private following = true;
  private observer: ResizeObserver | undefined;
  private unwatch: (() => void) | undefined;
  private box: HTMLElement | undefined;
  private touchAt = 0;
  /** A message that is kept where it is, until the reader moves. */
  private held: { element: HTMLElement; offset: number } | undefined;
  /** Whether the pointer was last pressed in the box: a selection that begins there is the reader's. */
  private inside = false;

  /** `changed` hears when the view leaves the end or comes back to it, `moved` of every scroll. */
  constructor(
    private readonly reader: Reader,
    private readonly changed: () => void,
    private readonly moved: () => void,
  ) {}

  get on(): boolean {
    return this.following;
  }

  /** Starts to watch a scrolling box and the content that grows in it. */
  attach(box: HTMLElement, content: HTMLElement): void {
    if (this.box === box) return;
    this.detach();
    this.box = box;
    box.addEventListener("wheel", this.wheel, { passive: true });
    box.addEventListener("keydown", this.key);
    box.addEventListener("touchstart", this.touch, { passive: true });
    box.addEventListener("touchmove", this.drag, { passive: true });
    box.addEventListener("scroll", this.scrolled, { passive: true });
    box.addEventListener("pointerdown", this.pressed);
    document.addEventListener("pointerdown", this.pressedAnywhere, true);
    document.addEventListener("selectionchange", this.selected);
    this.unwatch = watch(() => this.settle());
    this.observer = new ResizeObserver(() => this.settle());
    this.observer.observe(content);
    this.observer.observe(box);
  }

  detach(): void {
    this.unwatch?.();
    this.observer?.disconnect();
    const { box } = this;
    if (!box) return;
    box.removeEventListener("wheel", this.wheel);
    box.removeEventListener("keydown", this.key);
    box.removeEventListener("touchstart", this.touch);
    box.removeEventListener("touchmove", this.drag);
    box.removeEventListener("scroll", this.scrolled);
    box.removeEventListener("pointerdown", this.pressed);
    document.removeEventListener("pointerdown", this.pressedAnywhere, true);
    document.removeEventListener("selectionchange", this.selected);
    this.box = undefined;
  }

  /** Goes to the end and stays there. */
  toEnd(): void {
    this.held = undefined;
    this.set(true);
    this.settle();
  }

  /** Stays where it is: the reader has opened something there. */
  release(): void {
    if (this.scrolls) this.following = false;
  }

  /** Puts a message so far below the upper edge, and keeps it there until the reader moves. */
  hold(element: HTMLElement, offset: number): void {
    this.held = { element, offset };
    this.set(false);
    this.settle();
  }

  /** Rows come in above. Browsers keep what is in sight in its place, but not at the very beginning. */
  pin(): void {
    const { box } = this;
    if (!box || this.following || this.held || (ANCHORS && box.scrollTop > 1)) return;
    this.holdFirst();
  }

  private holdFirst(): void {
    const element = this.reader.first();
    if (element) this.held = { element, offset: this.offsetOf(element) };
  }

  /** How far below the upper edge of the box an element begins. */
  offsetOf(element: HTMLElement): number {
    return element.getBoundingClientRect().top - (this.box?.getBoundingClientRect().top ?? 0);
  }

  private settle(): void {
    const { box, held } = this;
    if (!box) return;
    if (this.following) {
      if (this.reader.isBegun()) box.scrollTop = box.scrollHeight;
    } else if (held?.element.isConnected) {
      const off = this.offsetOf(held.element) - held.offset;
      if (Math.abs(off) >= 1) box.scrollTop += off;
    }
  }

  /** The reader moves: nothing is held in its place any more. */
  private let(): void {
    this.held = undefined;
  }

  private set(on: boolean): void {
    if (on === this.following) return;
    this.following = on;
    this.changed();
  }

  get atEnd(): boolean {
    const { box } = this;
    if (!this.reader.isWhole()) return false;
    return !box || box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR;
  }

  private get scrolls(): boolean {
    const { box } = this;
    return !!box && box.scrollHeight > box.clientHeight + 1;
  }

  private readonly wheel = (event: WheelEvent): void => {
    this.let();
    if (event.deltaY < 0 && this.scrolls) this.set(false);
  };

  private readonly key = (event: KeyboardEvent): void => {
    if (!MOVING.has(event.key) || isField(event)) return;
    this.let();
    if (UPWARD.has(event.key) && this.scrolls) this.set(false);
    if (event.key === "End" && this.reader.isWhole()) this.toEnd();
  };

  private readonly touch = (event: TouchEvent): void => {
    this.let();
    this.touchAt = event.touches[0]?.clientY ?? 0;
  };

  private readonly drag = (event: TouchEvent): void => {
    if ((event.touches[0]?.clientY ?? 0) > this.touchAt && this.scrolls) this.set(false);
  };

  private readonly pressedAnywhere = (event: PointerEvent): void => {
    this.inside = !!this.box && event.composedPath().includes(this.box);
  };

  /** Text is being selected, by pointer, by a long press, by keys. */
  private readonly selected = (): void => {
    if (this.inside && this.following && this.scrolls && String(document.getSelection())) this.set(false);
  };

  /** Dragging the scroll bar. */
  private readonly pressed = (event: PointerEvent): void => {
    this.let();
    if (event.pointerType !== "mouse" || !this.scrolls) return;
    const moved = (): void => {
      if (!this.atEnd) this.set(false);
    };
    const released = (): void => {
      removeEventListener("pointermove", moved);
      removeEventListener("pointerup", released);
      moved();
    };
    addEventListener("pointermove", moved);
    addEventListener("pointerup", released);
  };

  private readonly scrolled = (): void => {
    if (this.atEnd && !this.held) this.set(true);
    if (!ANCHORS && !this.following && !this.held) this.holdFirst();
    this.moved();
  };
}

function isField(event: Event): boolean {
  const [target] = event.composedPath();
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
}
