// Where somebody has stopped reading a conversation, kept on the device.
import type { Shelf } from "./drafts.js";

/** The first message in sight and how far below the upper edge it began; or the last one, read to its end. */
export interface Place {
  id: string;
  offset: number;
  end: boolean;
}

function isPlace(value: unknown): value is Place {
  const place = value as Place | null;
  return typeof place === "object" && typeof place?.id === "string" && typeof place.offset === "number";
}

export const readPlace = (shelf: Shelf, conversation: string): Place | undefined =>
  shelf.read(`place.${conversation}`, isPlace);

export const keepPlace = (shelf: Shelf, conversation: string, place: Place): void =>
  shelf.write(`place.${conversation}`, place);

/** The message that the address of this page points at: `?message=…`. */
export function addressed(search = location.search): string | undefined {
  const id = new URLSearchParams(search).get("message") ?? "";
  return /^[\da-f-]{36}$/i.test(id) ? id : undefined;
}
