// The keyboard is never left nowhere. What has it may go with an update, as a row that is deleted or
// a button that is switched off while its deed is done: what stands beside its place takes it then.

/** What is switched off has this long to come back. */
const BUSY_MS = 1_000;

/** The way past the menu is for whoever comes to a page, not for whoever is on it. */
const STOPS = "a[href]:not([href='#main']), button, input, select, textarea, summary, [tabindex]";
const REGIONS = "[data-region], dialog";

export interface Place {
  /** What has the keyboard, and what it stands in here. */
  holder: HTMLElement;
  held: HTMLElement;
  /** From there outwards, through shadow trees: each parent, and which of its children led there. */
  path: { parent: ParentNode; at: number }[];
  waiting?: ReturnType<typeof setTimeout>;
}

/** What has the keyboard, through all shadow trees; undefined: nothing has. */
export function holder(): HTMLElement | undefined {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at instanceof HTMLElement && at !== document.body ? at : undefined;
}

/** Where the keyboard is inside `root`; undefined: elsewhere, or a pointer led there. */
export function placeIn(root: Node): Place | undefined {
  const held = root instanceof ShadowRoot ? root.activeElement : null;
  const inmost = held && holder();
  if (!(held instanceof HTMLElement) || !inmost?.matches(":focus-visible")) return undefined;
  const path: Place["path"] = [];
  let node: Node = held;
  while (node.parentNode ?? node instanceof ShadowRoot) {
    const parent: ParentNode | null = node instanceof ShadowRoot ? node.host : node.parentNode;
    if (!parent || parent instanceof Document) break;
    path.push({ parent, at: node instanceof Element ? [...parent.children].indexOf(node) : 0 });
    node = parent;
  }
  return { holder: inmost, held, path };
}

/** After an update: sees to it that the keyboard is somewhere. Answers the place while it waits for it. */
export function keep(place: Place): Place | undefined {
  const { held } = place;
  if (held.isConnected && held.matches(":disabled")) {
    place.waiting ??= setTimeout(() => settle(place), BUSY_MS);
    return place;
  }
  clearTimeout(place.waiting);
  if (!held.isConnected) setTimeout(() => settle(place));
  // It is back; or it was moved, which takes the keyboard from it.
  else if (!holder()) place.holder.focus();
  return undefined;
}

function settle({ path }: Place): void {
  if (holder()) return;
  let searched = false;
  for (const { parent, at } of path) {
    if (!parent.isConnected) continue;
    const children = [...parent.children];
    const after = children.slice(searched ? at + 1 : at).flatMap(stops);
    const found = after[0] ?? children.slice(0, at).flatMap(stops).at(-1);
    searched = true;
    if (found) {
      found.focus();
      return;
    }
    if (parent instanceof HTMLElement && parent.matches(REGIONS)) {
      parent.focus();
      return;
    }
  }
}

/** Goes to a part of the page: where it wants to be entered, or the first thing that Tab leads to. */
export function enter(region: HTMLElement | undefined): void {
  region?.focus();
  if (region && !region.matches(":focus-within")) stops(region)[0]?.focus();
}

/** What Tab leads to in there, in the order of the document. */
function stops(element: Element): HTMLElement[] {
  const own =
    element instanceof HTMLElement &&
    element.matches(STOPS) &&
    !element.matches(":disabled") &&
    element.tabIndex >= 0 &&
    element.checkVisibility({ visibilityProperty: true });
  const inner = [...(element.shadowRoot?.children ?? []), ...element.children].flatMap(stops);
  return own ? [element, ...inner] : inner;
}
