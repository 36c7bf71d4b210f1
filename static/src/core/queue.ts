// Messages that wait for the running turn of their conversation: first in, first out, one turn each.
import type { Shelf } from "./drafts.js";
import type { Attachment, Choices } from "./entries.js";

/** Five: more would be a script, and scripts have the API. */
export const QUEUE_MAX = 5;

/** What is sent is what was meant when it was written: with its files, and as was chosen then. */
export interface Waiting {
  id: string;
  text: string;
  parts?: readonly Attachment[];
  choices?: Choices;
}

export interface Queue {
  items: readonly Waiting[];
  /** A turn failed: nothing is sent until the person says so. */
  paused: boolean;
}

export const EMPTY: Queue = { items: [], paused: false };

export function enqueue(queue: Queue, item: Waiting): Queue {
  if (queue.items.length >= QUEUE_MAX) return queue;
  return { ...queue, items: [...queue.items, item] };
}

export function remove(queue: Queue, id: string): Queue {
  const items = queue.items.filter((item) => item.id !== id);
  return items.length ? { ...queue, items } : EMPTY;
}

/** Other words for a message that waits; its place, files and choices stay. */
export function rewrite(queue: Queue, id: string, text: string): Queue {
  return { ...queue, items: queue.items.map((item) => (item.id === id ? { ...item, text } : item)) };
}

/** The message to send now, if one may be sent, and what is left. */
export function next(queue: Queue): [Waiting | undefined, Queue] {
  const first = queue.items[0];
  if (queue.paused || !first) return [undefined, queue];
  return [first, remove(queue, first.id)];
}

export function pause(queue: Queue): Queue {
  return queue.items.length ? { ...queue, paused: true } : queue;
}

export function resume(queue: Queue): Queue {
  return { ...queue, paused: false };
}

function isQueue(value: unknown): value is Queue {
  const queue = value as Queue | null;
  return (
    typeof queue === "object" &&
    Array.isArray(queue?.items) &&
    queue.items.every(
      (item) =>
        typeof item?.id === "string" &&
        typeof item.text === "string" &&
        (item.parts === undefined || Array.isArray(item.parts)),
    )
  );
}

/** A queue read back after a reload goes on after the next answer, or when the person says so. */
export function load(shelf: Shelf, conversation: string): Queue {
  const kept = shelf.read(`queue.${conversation}`, isQueue);
  return kept?.items.length ? { items: kept.items.slice(0, QUEUE_MAX), paused: kept.paused } : EMPTY;
}

export function save(shelf: Shelf, conversation: string, queue: Queue): void {
  if (queue.items.length) shelf.write(`queue.${conversation}`, queue);
  else shelf.remove(`queue.${conversation}`);
}
