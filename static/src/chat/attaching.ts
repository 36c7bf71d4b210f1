// How files come to a message: chosen, pasted, dropped, or made of a text too long for the box. What
// uploads them is fetched with the first.
import type { ReactiveController, ReactiveControllerHost } from "lit";

import type { Client } from "../core/client.js";
import { t } from "../core/i18n.js";
import type { Thread } from "../core/thread.js";
import type { Uploads } from "./uploading.js";

/** Pasted text beyond this becomes a file: nobody edits it in a box. */
const PASTE_MAX = 8_000;

interface Host extends ReactiveControllerHost, EventTarget {
  readonly client: Client;
  readonly thread: Thread;
  /** Puts text behind what is written. */
  add(text: string): void;
}

export class Attaching implements ReactiveController {
  /** Those of the thread, once there were some. */
  uploads: Uploads | undefined;
  /** Files are dragged over the window. */
  over = false;

  constructor(private readonly host: Host) {
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener("dragover", this.dragged);
    addEventListener("dragleave", this.left);
    addEventListener("drop", this.dropped);
  }

  hostDisconnected(): void {
    removeEventListener("dragover", this.dragged);
    removeEventListener("dragleave", this.left);
    removeEventListener("drop", this.dropped);
  }

  /** Another thread is written in: its files are those that were left there. */
  follow(): void {
    const { client, thread } = this.host;
    this.uploads = undefined;
    if (client.shelf.read(`files.${thread.name}`, Array.isArray)) void this.open();
  }

  /** Fetches what uploads; nothing where that fails, which is told. */
  async open(): Promise<Uploads | undefined> {
    const { client, thread } = this.host;
    try {
      const { uploadsOf } = await import("./uploads.js");
      const uploads = uploadsOf(client, thread);
      if (thread === this.host.thread && this.uploads !== uploads) {
        this.uploads = uploads;
        this.host.requestUpdate();
      }
      return uploads;
    } catch {
      const detail = { text: t("error.network"), bad: true };
      this.host.dispatchEvent(new CustomEvent("causerie-toast", { detail, bubbles: true, composed: true }));
      return undefined;
    }
  }

  async add(files: readonly File[]): Promise<boolean> {
    const uploads = await this.open();
    uploads?.add(files);
    return !!uploads;
  }

  readonly pasted = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])];
    const text = event.clipboardData?.getData("text/plain") ?? "";
    // Word processors put a picture of the text beside it.
    if (files.length && !text) {
      event.preventDefault();
      void this.add(files);
    } else if (text.length > PASTE_MAX) {
      event.preventDefault();
      void this.addText(text);
    }
  };

  private async addText(text: string): Promise<void> {
    const file = new File([text], `${t("composer.pasted")}.txt`, { type: "text/plain" });
    if (!(await this.add([file]))) this.host.add(text);
  }

  private show(over: boolean): void {
    if (over === this.over) return;
    this.over = over;
    this.host.requestUpdate();
  }

  private readonly dragged = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.show(true);
  };

  private readonly left = (event: DragEvent): void => {
    if (!event.relatedTarget) this.show(false);
  };

  private readonly dropped = (event: DragEvent): void => {
    this.show(false);
    const files = [...(event.dataTransfer?.files ?? [])];
    const text = event.dataTransfer?.getData("text/plain") ?? "";
    if (files.length) {
      event.preventDefault();
      void this.add(files);
    } else if (text.length > PASTE_MAX && event.composedPath()[0] instanceof HTMLTextAreaElement) {
      event.preventDefault();
      void this.addText(text);
    }
  };
}
