// What was said before, typed as a dialogue. Pure.
import type { FanMessageRequest } from "../core/wire.gen.js";

type Said = NonNullable<NonNullable<FanMessageRequest["context"]>["history"]>[number];

/** Lines of "fan: …" and "me: …"; a line that says neither goes on with the one before. */
export function history(text: string): Said[] {
  const found: Said[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*(fan|me|creator)\s*:\s*(.+)$/i.exec(line);
    const last = found.at(-1);
    if (match?.[1] && match[2]) found.push({ by: match[1].toLowerCase() === "fan" ? "fan" : "creator", text: match[2].trim() });
    else if (line.trim() && last) last.text += `\n${line.trim()}`;
    else if (line.trim()) found.push({ by: "fan", text: line.trim() });
  }
  return found;
}
