// Colours for finished code. The language is the one that was named, never guessed.
import { sanitize } from "./sanitize.js";

/** Beyond this a block stays plain: colouring it would hold up the frame it happens in. */
const LINES_MAX = 400;

const ALIASES: Record<string, string> = {
  sh: "bash", shell: "bash", zsh: "bash", console: "bash",
  js: "javascript", jsx: "javascript", mjs: "javascript",
  ts: "typescript", tsx: "typescript",
  py: "python", py3: "python", rs: "rust", golang: "go",
  html: "xml", svg: "xml", yml: "yaml", jsonc: "json",
};

const KNOWN = new Set([
  "bash", "css", "go", "java", "javascript", "json", "python", "rust", "sql", "typescript", "xml",
  "yaml",
]);

/** The language to colour by, if it is one of the twelve. */
export function languageOf(name: string): string | undefined {
  const language = ALIASES[name] ?? name;
  return KNOWN.has(language) ? language : undefined;
}

const coloured = new WeakSet<HTMLElement>();

/** Colours one `<code>`, once. An unknown language, a long block and a failed fetch leave it plain. */
export async function highlight(code: HTMLElement, name: string): Promise<void> {
  const language = languageOf(name);
  const text = code.textContent ?? "";
  if (!language || coloured.has(code) || text.split("\n").length > LINES_MAX) return;
  coloured.add(code);
  try {
    const { default: core } = await import("./languages.js");
    const { value } = core.highlight(text, { language, ignoreIllegals: true });
    if (code.textContent === text) code.replaceChildren(sanitize(value));
  } catch {
    // Colours are a convenience; the code is there.
  }
}
