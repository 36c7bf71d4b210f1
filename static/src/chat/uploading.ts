// Files on their way to the server, and those that are there and wait to be sent along. Fetched when
// the first one is attached.
import texts from "../../locales/en.files.json";
import type { Client } from "../core/client.js";
import type { Attachment } from "../core/entries.js";
import { extend, locale, t } from "../core/i18n.js";
import { reason } from "../core/reasons.js";
import { Store } from "../core/store.js";
import { uuid } from "../core/uuid.js";
import type { Thread } from "../core/thread.js";
import type { MediaView } from "../core/wire.gen.js";
import { fileSize } from "./sizes.js";

extend(texts);

export interface Upload {
  key: string;
  name: string;
  bytes: number;
  image: boolean;
  /** Bytes that have left; all of them: the server looks at the file. */
  sent: number;
  phase: "waiting" | "uploading" | "done" | "failed";
  /** Why it was refused. */
  words: string;
  part: Attachment | undefined;
}

/** At once: more would only make each of them slower. */
const AT_ONCE = 3;
/** A turn takes 32 parts, and the text is one of them. */
export const FILES_MAX = 31;
const UPLOAD_MAX = 25 * 1024 * 1024;

interface Answer {
  data?: MediaView;
  error?: { code?: string; message?: string; metadata?: Record<string, unknown> };
}

export class Uploads {
  readonly state: Store<readonly Upload[]>;
  private readonly files = new Map<string, File>();
  private readonly requests = new Map<string, XMLHttpRequest>();
  /** Uploaded for the message being written: nothing else shows them. */
  private readonly own = new Set<string>();
  private name: string;

  constructor(
    private readonly client: Client,
    private readonly thread: Thread,
  ) {
    this.name = thread.name;
    const kept = client.shelf.read(`files.${this.name}`, isParts) ?? [];
    this.state = new Store<readonly Upload[]>(kept.map(done));
  }

  get parts(): Attachment[] {
    return this.state.value.flatMap(({ part }) => part ?? []);
  }

  /** Something is not there yet, or was refused: the message would go without it. */
  get open(): boolean {
    return this.state.value.some(({ phase }) => phase !== "done");
  }

  add(files: readonly File[]): void {
    const limit = this.client.session.value.limits?.uploadBytes ?? UPLOAD_MAX;
    const room = FILES_MAX - this.state.value.length;
    const fresh = files.map((file, index): Upload => {
      const key = uuid();
      const words =
        index >= room
          ? t("files.tooMany", { count: FILES_MAX })
          : file.size > limit
            ? t("files.tooLarge", { limit: fileSize(limit, locale()) })
            : file.size === 0
              ? t("files.empty")
              : "";
      if (!words) this.files.set(key, file);
      const image = file.type.startsWith("image/");
      const phase = words ? "failed" : "waiting";
      return { key, name: file.name, bytes: file.size, image, sent: 0, phase, words, part: undefined };
    });
    this.state.update((all) => [...all, ...fresh]);
    this.pump();
  }

  /** Takes it away, also while it is on its way. What is on the server is cleared up there. */
  remove(key: string): void {
    this.requests.get(key)?.abort();
    this.requests.delete(key);
    this.files.delete(key);
    const gone = this.state.value.find((one) => one.key === key);
    this.state.update((all) => all.filter((one) => one.key !== key));
    if (gone?.part && this.own.delete(gone.part.mediaId)) void this.client.api.delete(`/api/media/${gone.part.mediaId}`).catch(() => undefined);
    this.save();
    this.pump();
  }

  again(key: string): void {
    this.change(key, { phase: "waiting", words: "", sent: 0 });
    this.pump();
  }

  canTryAgain(key: string): boolean {
    return this.files.has(key);
  }

  /** They go with the message: the box is empty again. */
  take(): Attachment[] {
    const { parts } = this;
    this.own.clear();
    this.state.set([]);
    this.files.clear();
    this.save();
    return parts;
  }

  /** Files of a message that was taken back. */
  put(parts: readonly Attachment[]): void {
    this.state.update((all) => [...all, ...parts.map(done)]);
    this.save();
  }

  private pump(): void {
    for (const upload of this.state.value) {
      if (this.requests.size >= AT_ONCE) return;
      if (upload.phase === "waiting") void this.send(upload.key);
    }
  }

  private async send(key: string): Promise<void> {
    const file = this.files.get(key);
    if (!file) return;
    const request = new XMLHttpRequest(); // `fetch` tells nothing of what has left
    this.requests.set(key, request);
    this.change(key, { phase: "uploading" });
    let proof: Record<string, string>;
    try {
      proof = await this.client.api.proof();
    } catch {
      this.failed(key, t("error.network"));
      return;
    }
    if (!this.requests.has(key)) return; // taken away meanwhile
    request.open("POST", `${this.client.api.base}/api/media`);
    for (const [name, value] of Object.entries(proof)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("X-Filename", encodeURIComponent(file.name));
    request.upload.onprogress = ({ loaded }) => this.change(key, { sent: loaded });
    request.onload = () => this.answered(key, request);
    request.onerror = () => this.failed(key, t("error.network"));
    request.send(file);
  }

  private answered(key: string, request: XMLHttpRequest): void {
    const answer = request.response as Answer | null;
    if (request.status === 201 && answer?.data) {
      this.requests.delete(key);
      this.files.delete(key);
      this.own.add(answer.data.id);
      this.change(key, { phase: "done", part: partOf(answer.data) });
      this.save();
      this.pump();
      return;
    }
    this.failed(key, refusalOf(answer?.error ?? {}));
  }

  private failed(key: string, words: string): void {
    this.requests.delete(key);
    this.change(key, { phase: "failed", words });
    this.pump();
  }

  private change(key: string, fields: Partial<Upload>): void {
    this.state.update((all) => all.map((one) => (one.key === key ? { ...one, ...fields } : one)));
  }

  private save(): void {
    const { shelf } = this.client;
    if (this.name !== this.thread.name) shelf.remove(`files.${this.name}`);
    this.name = this.thread.name;
    if (this.parts.length) shelf.write(`files.${this.name}`, this.parts);
    else shelf.remove(`files.${this.name}`);
  }
}

function done(part: Attachment): Upload {
  const { mediaId, name, bytes, type } = part;
  return { key: mediaId, name, bytes, image: type === "image", sent: bytes, phase: "done", words: "", part };
}

function partOf({ id, kind, name, mediaType, bytes, width = 0, height = 0 }: MediaView): Attachment {
  const file = { mediaId: id, name, mediaType, bytes };
  return kind === "image" ? { type: "image", ...file, width, height } : { type: "file", ...file };
}

function isParts(value: unknown): value is Attachment[] {
  return Array.isArray(value) && value.every((one) => typeof (one as Attachment | null)?.mediaId === "string");
}

function refusalOf({ code = "unavailable", message = "", metadata = {} }: NonNullable<Answer["error"]>): string {
  const limit = Number(metadata["limit"]);
  switch (code) {
    case "unsupported_media":
      return t("files.unsupported");
    case "too_large":
      if (metadata["width"] !== undefined) return t("files.tooWide");
      if (metadata["scope"] === "user") return t("files.full", { limit: fileSize(limit, locale()) });
      return t("files.tooLarge", { limit: fileSize(limit, locale()) });
    case "rate_limited":
      return t("files.busy");
    default:
      return reason(code, message);
  }
}

const opened = new WeakMap<Thread, Uploads>();

/** Those of a thread: they stay while another one is looked at. */
export function uploadsOf(client: Client, thread: Thread): Uploads {
  let found = opened.get(thread);
  if (!found) opened.set(thread, (found = new Uploads(client, thread)));
  return found;
}
