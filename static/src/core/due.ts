// A message that a rate limit turned down, and when it sends itself: it outlives a reload.
import { Problem } from "./api.js";
import type { Shelf } from "./drafts.js";
import { questionOf, type Attachment, type Entry } from "./entries.js";

interface Due {
  id: string;
  text: string;
  parts: readonly Attachment[];
  parentId?: string | null;
  /** Milliseconds since the epoch. */
  at: number;
  code: string;
  message: string;
  metadata: Record<string, unknown>;
}

function isDue(value: unknown): value is Due {
  const due = value as Due | null;
  return (
    typeof due === "object" &&
    typeof due?.id === "string" &&
    typeof due.text === "string" &&
    typeof due.at === "number" &&
    typeof due.code === "string" &&
    Array.isArray(due.parts)
  );
}

export function keepDue(shelf: Shelf, conversation: string, entry: Entry): void {
  const { problem, due } = entry;
  if (!problem || due === undefined) return;
  const kept: Due = {
    id: entry.key,
    text: entry.text,
    parts: entry.attachments,
    ...(entry.parentId === undefined ? {} : { parentId: entry.parentId }),
    at: due,
    code: problem.code,
    message: problem.message,
    metadata: problem.metadata,
  };
  shelf.write(`due.${conversation}`, kept);
}

export function forgetDue(shelf: Shelf, conversation: string): void {
  shelf.remove(`due.${conversation}`);
}

/** The row of a message that still waits for its time. */
export function loadDue(shelf: Shelf, conversation: string): Entry | undefined {
  const due = shelf.read(`due.${conversation}`, isDue);
  if (!due) return undefined;
  const said = { text: due.text, parts: due.parts };
  return {
    ...questionOf(due.id, due.parentId === undefined ? said : { ...said, parentId: due.parentId }),
    sending: "refused",
    problem: new Problem(due.code, due.message, true, 0, undefined, due.metadata),
    due: due.at,
  };
}
