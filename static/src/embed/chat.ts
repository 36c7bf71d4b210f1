// What the embedded chat does that a page of ours has done for it: it goes where it is told, and tells
// its host what each answer cost.
import type { Client } from "../core/client.js";
import { match } from "../core/route.js";
import type { Receipt, TurnCompleted } from "../core/wire.gen.js";

/** `detail` of `causerie-turn`. */
export interface TurnNews {
  conversationId: string;
  turnId: string;
  messageId: string;
  receipt: Receipt;
}

export function joinChat(chat: HTMLElement, client: Client): () => void {
  const shown = new Set<string>();

  const navigate = (event: Event): void => {
    const route = match((event as CustomEvent<{ path: string }>).detail.path);
    if (route.page === "chat" && route.conversation) shown.add(route.conversation);
    // The event has not reached the host yet, whose listener may prevent this.
    queueMicrotask(() => {
      if (event.defaultPrevented || route.page !== "chat") return;
      if (route.conversation) chat.setAttribute("conversation", route.conversation);
      else chat.removeAttribute("conversation");
    });
  };

  const completed = (event: Event): void => {
    const { turnId, messageId, receipt } = (event as CustomEvent<TurnCompleted>).detail;
    const conversationId = client.session.value.turns.get(turnId)?.conversationId;
    if (!conversationId || (conversationId !== chat.getAttribute("conversation") && !shown.has(conversationId))) return;
    const detail: TurnNews = { conversationId, turnId, messageId, receipt };
    chat.dispatchEvent(new CustomEvent("causerie-turn", { detail, bubbles: true, composed: true }));
  };

  chat.addEventListener("causerie-navigate", navigate);
  client.addEventListener("completed", completed);
  return () => {
    chat.removeEventListener("causerie-navigate", navigate);
    client.removeEventListener("completed", completed);
  };
}
