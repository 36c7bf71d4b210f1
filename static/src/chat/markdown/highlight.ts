// Colours for finished code. The language is the one that was named, never guessed.
import { sanitize } from "./sanitize.js";

/** Beyond this a block is coloured beside the page: doing it here would hold up a frame. */
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

async function inPage(text: string, language: string): Promise<string> {
  const { default: core } = await import("./languages.js");
  return core.highlight(text, { language, ignoreIllegals: true }).value;
}

async function beside(text: string, language: string): Promise<string> {
  const { inWorker } = await import("./beside.js");
  return inWorker(text, language);
}

/** Colours one `<code>`, once. An unknown language and a failed fetch leave it plain. */
export async function highlight(code: HTMLElement, name: string): Promise<void> {
  const language = languageOf(name);
  const text = code.textContent ?? "";
  if (!language || coloured.has(code)) return;
  coloured.add(code);
  try {
    const isLong = text.split("\n").length > LINES_MAX;
    const value = await (isLong ? beside : inPage)(text, language);
    if (code.textContent === text) code.replaceChildren(sanitize(value));
  } catch {
    // Colours are a convenience; the code is there.
  }
}
