// How full a model's window is, and the steps in which an answer can be made shorter. Pure.
import type { Entry } from "../core/entries.js";
import type { ModelInfo } from "../core/resources.js";
import type { Receipt } from "../core/wire.gen.js";

/** Tokens of the largest call of a turn, its answer included: what the next one begins with. */
export function tokensOf(receipt: Receipt): number {
  return Math.max(0, ...receipt.calls.map((call) => call.inputTokens + call.outputTokens));
}

/** Of the newest answer that has told; nothing before the first. */
export function contextTokens(
  entries: readonly Entry[],
  receiptOf: (turnId: string) => Receipt | undefined,
): number | undefined {
  for (const entry of entries.toReversed()) {
    if (entry.role !== "assistant") continue;
    const receipt = (entry.turnId && receiptOf(entry.turnId)) || entry.receipt;
    const tokens = receipt ? tokensOf(receipt) : 0;
    if (tokens) return tokens;
  }
  return undefined;
}

export function modelOf(id: string | undefined, models: readonly ModelInfo[]): ModelInfo | undefined {
  return models.find((model) => (id ? model.id === id || model.name === id : model.default));
}

/** Lengths of an answer to choose from: doubled from 64 up to what the model can. */
export function lengths(most: number): number[] {
  const steps: number[] = [];
  for (let tokens = 64; tokens < most; tokens *= 2) steps.push(tokens);
  return [...steps, most];
}

/** Half as long, again and again, down to a paragraph. */
export function halvings(from: number): number[] {
  const steps: number[] = [];
  for (let tokens = Math.floor(from / 2); tokens >= 64; tokens = Math.floor(tokens / 2)) steps.push(tokens);
  return steps;
}
