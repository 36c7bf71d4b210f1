// What is left to spend, asked for: where what the socket told may be older than what is so.
import type { Api } from "./api.js";
import type { Balance, CreditsView, Quota, QuotaView } from "./wire.gen.js";

export async function readFigures(api: Api): Promise<{ balance: Balance; quota: Quota }> {
  const [{ credits, held, spendable }, { month, limitUsd, spentUsd, heldUsd, resetsAt }] = await Promise.all([
    api.get<CreditsView>("/api/credits?limit=1"),
    api.get<QuotaView>("/api/ai/quota"),
  ]);
  return { balance: { credits, held, spendable }, quota: { month, limitUsd, spentUsd, heldUsd, resetsAt } };
}
