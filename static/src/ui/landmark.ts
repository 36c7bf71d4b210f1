/** The first element in sight that the selector means, in whatever shadow tree it stands. */
export function landmark(root: ParentNode, selector: string): HTMLElement | undefined {
  for (const element of root.querySelectorAll<HTMLElement>("*")) {
    if (element.matches(selector) && element.checkVisibility()) return element;
    const found = element.shadowRoot && landmark(element.shadowRoot, selector);
    if (found) return found;
  }
  return undefined;
}

/** Puts the keyboard on something that Tab passes by: what is read next starts there. */
export function arrive(element: HTMLElement | undefined): void {
  if (!element) return;
  if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus();
}
