// The renderer of Markdown is the heaviest part of the chat, and an empty chat needs none of it: it
// is fetched when there is something to show, or about to be.
type Renderer = typeof import("./render.js");

let found: Renderer | undefined;
let asked: Promise<Renderer> | undefined;

/** The renderer, if it is there already. */
export function renderer(): Renderer | undefined {
  return found;
}

/** Fetches it, once; a fetch that failed is tried again by whoever asks next. */
export function fetchRenderer(): Promise<Renderer> {
  asked ??= import("./render.js").then(
    (module) => (found = module),
    (error: unknown) => {
      asked = undefined;
      throw error;
    },
  );
  return asked;
}
