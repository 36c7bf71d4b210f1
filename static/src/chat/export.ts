// A conversation as a file: the branch that is shown as Markdown, or everything as JSON.
import type { Api } from "../core/api.js";
import { keepFile } from "../core/download.js";
import { said } from "../core/said.js";
import type { Thread } from "../core/thread.js";

/** Starts the download. Answers what to tell where it did not begin. */
export async function download(api: Api, thread: Thread, format: "markdown" | "json"): Promise<string | undefined> {
  const { id, title, entries } = thread.state.value;
  if (!id) return undefined;
  // The last message that is stored: it names the branch that is shown.
  const leaf = format === "markdown" && entries.findLast((entry) => entry.id)?.id;
  const path = `/api/conversations/${id}/export?format=${format}${leaf ? `&leaf=${leaf}` : ""}`;
  if (api.linked) {
    keepFile(api.base + path, "");
    return undefined;
  }
  try {
    const url = URL.createObjectURL(await api.blob(path));
    keepFile(url, `${title || id}.${format === "json" ? "json" : "md"}`);
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    return undefined;
  } catch (error) {
    return said(error);
  }
}
