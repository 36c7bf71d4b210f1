// Inside another site's page an element's window is the box that the host gave it. What styles ask of
// the window is asked of that box then, so elements are written once, for windows.
import type { CSSResultOrNative } from "lit";

let boxed = false;

/** Called once, by the entry for other sites, before anything stands in a page. */
export function boxEverything(): void {
  boxed = true;
}

/** `@media (max-width: …)` becomes a query of the nearest container, and the window's height its. */
export function forBox(css: string): string {
  return css
    .replace(/@media\s*\((max|min)-width:\s*(\d+px)\)\s*\{/g, "@container ($1-width: $2) {")
    .replace(/\b100dvh\b/g, "100cqb");
}

const made = new Map<string, CSSStyleSheet>();

/** Gives a shadow root its styles anew, for a box, where we are in one. */
export function fit(root: ShadowRoot, styles: readonly CSSResultOrNative[]): void {
  if (!boxed) return;
  root.adoptedStyleSheets = styles.map((style) => {
    if (style instanceof CSSStyleSheet) return style;
    const text = style.cssText;
    const fitted = forBox(text);
    if (fitted === text && style.styleSheet) return style.styleSheet;
    let sheet = made.get(text);
    if (!sheet) {
      made.set(text, (sheet = new CSSStyleSheet()));
      sheet.replaceSync(fitted);
    }
    return sheet;
  });
}
