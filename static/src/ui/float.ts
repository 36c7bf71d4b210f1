// Where a popover stands: under its button or above it, inside the window.

const GAP = 6;
const EDGE = 8;

/** Places an open popover beside its anchor; `end` lines up their far edges. */
export function place(panel: HTMLElement, anchor: Element, align: "start" | "end" = "start"): void {
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const below = innerHeight - box.bottom - GAP - EDGE;
  const above = box.top - GAP - EDGE;
  const up = height > below && above > below;
  const rtl = getComputedStyle(panel).direction === "rtl";
  const atEnd = (align === "end") !== rtl;
  const left = Math.min(Math.max(EDGE, atEnd ? box.right - width : box.left), innerWidth - width - EDGE);
  const top = up ? Math.max(EDGE, box.top - GAP - height) : box.bottom + GAP;
  panel.style.setProperty("left", `${left}px`);
  panel.style.setProperty("top", `${top}px`);
  panel.style.setProperty("max-height", `${up ? above : below}px`);
}

/**
 * Remembers whether the panel was open when its button was pressed: by the time of the click the
 * browser has dismissed it already, and toggling would open it again.
 */
export class Toggle {
  private wasOpen = false;

  readonly pressed = (panel: HTMLElement): void => {
    this.wasOpen = panel.matches(":popover-open");
  };

  clicked(panel: HTMLElement): void {
    if (this.wasOpen) panel.hidePopover();
    else panel.togglePopover();
    this.wasOpen = false;
  }
}
