// Whether the view stays at the end while text arrives. The one place that writes `scrollTop`.

/** Pixels from the end that still count as being there: a line of text. */
const NEAR = 24;

const UPWARD = new Set(["ArrowUp", "PageUp", "Home"]);

export class Follow {
  private following = true;
  private observer: ResizeObserver | undefined;
  private box: HTMLElement | undefined;
  private touchAt = 0;

  /** `changed` hears when the view leaves the end or comes back to it. */
  constructor(private readonly changed: () => void) {}

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
    this.observer = new ResizeObserver(() => this.settle());
    this.observer.observe(content);
    this.observer.observe(box);
  }

  detach(): void {
    this.observer?.disconnect();
    const { box } = this;
    if (!box) return;
    box.removeEventListener("wheel", this.wheel);
    box.removeEventListener("keydown", this.key);
    box.removeEventListener("touchstart", this.touch);
    box.removeEventListener("touchmove", this.drag);
    box.removeEventListener("scroll", this.scrolled);
    box.removeEventListener("pointerdown", this.pressed);
    this.box = undefined;
  }

  /** Goes to the end and stays there. */
  toEnd(): void {
    this.set(true);
    this.settle();
  }

  /** Stays where it is: the reader has opened something there. */
  release(): void {
    if (this.scrolls) this.following = false;
  }

  /** Keeps what is in sight where it is while `change` puts rows above it. */
  async holding(change: () => Promise<unknown>): Promise<void> {
    const { box } = this;
    if (!box) return;
    const fromEnd = box.scrollHeight - box.scrollTop;
    await change();
    box.scrollTop = box.scrollHeight - fromEnd;
  }

  private settle(): void {
    if (this.following && this.box) this.box.scrollTop = this.box.scrollHeight;
  }

  private set(on: boolean): void {
    if (on === this.following) return;
    this.following = on;
    this.changed();
  }

  private get atEnd(): boolean {
    const { box } = this;
    return !box || box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR;
  }

  private get scrolls(): boolean {
    const { box } = this;
    return !!box && box.scrollHeight > box.clientHeight + 1;
  }

  private readonly wheel = (event: WheelEvent): void => {
    if (event.deltaY < 0 && this.scrolls) this.set(false);
  };

  private readonly key = (event: KeyboardEvent): void => {
    if (UPWARD.has(event.key) && this.scrolls) this.set(false);
    if (event.key === "End") this.toEnd();
  };

  private readonly touch = (event: TouchEvent): void => {
    this.touchAt = event.touches[0]?.clientY ?? 0;
  };

  private readonly drag = (event: TouchEvent): void => {
    if ((event.touches[0]?.clientY ?? 0) > this.touchAt && this.scrolls) this.set(false);
  };

  /** Dragging the scroll bar, or beginning a selection. */
  private readonly pressed = (event: PointerEvent): void => {
    if (event.pointerType !== "mouse" || !this.scrolls) return;
    const moved = (): void => {
      if (!this.atEnd || document.getSelection()?.isCollapsed === false) this.set(false);
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
    if (this.atEnd) this.set(true);
  };
}
