// What the menu of a message offers, and what becomes of it.
import { keepText } from "../core/download.js";
import type { Entry } from "../core/entries.js";
import { t } from "../core/i18n.js";
import type { ModelInfo } from "../core/resources.js";
import type { Thread } from "../core/thread.js";
import type { MenuItem } from "../ui/menu.js";
import type { Toast } from "../ui/toast.js";
import { choose } from "./popup.js";
import { modelName } from "./words.js";

export type MessageDeed = { kind: "again"; model: string } | { kind: "save" | "delete" };

const AGAIN = "again:";

/** Opens the menu of a message; `undefined`: nothing was chosen. */
export async function offer(
  button: HTMLElement,
  entry: Entry,
  models: readonly ModelInfo[],
): Promise<MessageDeed | undefined> {
  const others = entry.role === "user" ? [] : models.filter((model) => model.available && !model.unpriced && !model.paused);
  const items: MenuItem[] = [
    ...others.map(({ id }) => ({ id: AGAIN + id, label: t("message.againWith", { model: modelName(id, models) }), icon: "again" as const })),
    { id: "save", label: t("message.save"), icon: "download", apart: others.length > 0 },
    { id: "delete", label: t("message.delete"), icon: "trash", danger: true },
  ];
  const chosen = await choose(button, t("message.more"), items);
  if (chosen?.startsWith(AGAIN)) return { kind: "again", model: chosen.slice(AGAIN.length) };
  return chosen === "save" || chosen === "delete" ? { kind: chosen } : undefined;
}

export function act(
  deed: MessageDeed,
  entry: Entry,
  thread: Thread,
  text: string,
  say: (toast: Toast) => void,
): void {
  switch (deed.kind) {
    case "again":
      thread.branches.regenerate(entry, deed.model);
      break;
    case "save":
      keepText(text, `${thread.state.value.title || t("sidebar.untitled")}.md`);
      break;
    case "delete": {
      const removed = thread.branches.remove(entry);
      if (!removed) break;
      const action = { label: t("sidebar.undo"), run: () => thread.branches.restore(), until: removed.gone };
      say({ text: t("message.deleted"), action });
    }
  }
}
