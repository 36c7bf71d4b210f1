// What somebody has typed and not yet sent, and what they chose, outlive element, page and crash.

const VERSION = "causerie.1";
const LIFETIME_MS = 30 * 24 * 3600 * 1000;
/** Thirty days: longer than a holiday, short enough that a shared machine forgets. */

interface Kept {
  at: number;
  value: unknown;
}

/** The browser's own, or none where it is forbidden even to ask for it. */
export function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** What belongs to the browser, whoever sits at it: how the pages look and which keys they hear. */
const EVERYBODYS: ReadonlySet<string> = new Set(["theme", "language", "keys", "money", "announce-answers", "controls", "folded"]);

/** Named values in `localStorage`, dropped after thirty days. A full or forbidden storage is survived. */
export class Shelf {
  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length"> | undefined,
    private readonly now: () => number = Date.now,
    /** Whose it is, where a site's users share one storage. */
    owner = "",
  ) {
    this.common = this.personal = owner ? `${VERSION}@${owner}.` : `${VERSION}.`;
  }

  private readonly common: string;
  private personal: string;

  /** From now on drafts, waiting messages and the like are those of `user`. */
  claim(user: string): void {
    this.personal = `${VERSION}@${user}.`;
  }

  /** What this shelf calls an item of the storage; undefined: it is none of its own. */
  nameOf(key: string): string | undefined {
    return key.startsWith(this.personal) ? key.slice(this.personal.length) : undefined;
  }

  private key(name: string): string {
    return (EVERYBODYS.has(name) ? this.common : this.personal) + name;
  }

  read<T>(name: string, whole: (value: unknown) => value is T): T | undefined {
    try {
      const text = this.storage?.getItem(this.key(name)) ?? null;
      if (text === null) return undefined;
      const kept = JSON.parse(text) as Kept;
      if (this.now() - kept.at > LIFETIME_MS || !whole(kept.value)) return undefined;
      return kept.value;
    } catch {
      return undefined;
    }
  }

  write(name: string, value: unknown): void {
    try {
      const kept: Kept = { at: this.now(), value };
      this.storage?.setItem(this.key(name), JSON.stringify(kept));
    } catch {
      // Private windows and full disks refuse: the page works on, it only forgets.
    }
  }

  remove(name: string): void {
    try {
      this.storage?.removeItem(this.key(name));
    } catch {
      // As above.
    }
  }

  /** Drops what is older than thirty days; called once a start. */
  sweep(): void {
    if (!this.storage) return;
    try {
      for (let index = this.storage.length - 1; index >= 0; index--) {
        const key = this.storage.key(index);
        if (!key?.startsWith("causerie.")) continue;
        const kept = JSON.parse(this.storage.getItem(key) ?? "null") as Kept | null;
        if (!kept || !(this.now() - kept.at <= LIFETIME_MS)) this.storage.removeItem(key);
      }
    } catch {
      // As above.
    }
  }
}

export const isText = (value: unknown): value is string => typeof value === "string";

/** The id under which a chat keeps its draft before the server has named it. */
export const NEW_CHAT = "new";

/** Drafts by conversation. Only `turn.started` deletes one, so that a refusal loses nothing. */
export class Drafts {
  constructor(private readonly shelf: Shelf) {}

  read(conversation: string): string {
    return this.shelf.read(`draft.${conversation}`, isText) ?? "";
  }

  write(conversation: string, text: string): void {
    if (text) this.shelf.write(`draft.${conversation}`, text);
    else this.shelf.remove(`draft.${conversation}`);
  }

  /** `text` has become a turn: forget it, unless something else has been typed since. */
  sent(conversation: string, text: string): void {
    if (this.read(conversation) === text) this.write(conversation, "");
  }

  /** A new chat has been given its id: what was typed meanwhile moves with it. */
  move(from: string, to: string): void {
    const text = this.read(from);
    this.shelf.remove(`draft.${from}`);
    if (text) this.write(to, text);
  }
}
