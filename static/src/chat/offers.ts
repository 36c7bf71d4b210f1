// What could still be paid where credits or quota are short: a cheaper model, a shorter answer. Each
// is asked for with the message at hand, so that what is offered would be taken. Fetched when needed.
import type { Client } from "../core/client.js";
import type { Entry } from "../core/entries.js";
import { estimate } from "../core/estimates.js";
import { add, compare } from "../core/money.js";
import type { ModelInfo } from "../core/resources.js";
import type { Thread } from "../core/thread.js";
import type { Amount, TurnRequest } from "../core/wire.gen.js";
import { halvings, modelOf } from "./context.js";

/** Models that are asked about at most: each costs a question. */
const ASKED = 5;

export interface Offers {
  cheaper: { model: ModelInfo; likely: Amount } | undefined;
  shorter: { tokens: number; atMost: Amount } | undefined;
}

function cost(model: ModelInfo): string {
  return model.prices ? add(model.prices.input, model.prices.output) : "0";
}

/** Models that cost less than `than`, the dearest of them first: the least is given up. */
export function cheaper(than: ModelInfo, models: readonly ModelInfo[]): ModelInfo[] {
  return models
    .filter((model) => model.available && !model.paused && model.prices && compare(cost(model), cost(than)) < 0)
    .toSorted((a, b) => compare(cost(b), cost(a)))
    .slice(0, ASKED);
}

export async function offersFor(client: Client, thread: Thread, entry: Entry): Promise<Offers> {
  const { choices } = thread.state.value;
  const { items } = client.models.value;
  const model = modelOf(thread.model, items);
  const request = thread.sending.request({ text: entry.text, parts: entry.attachments });
  return {
    cheaper: model && (await cheaperOne(client, request, cheaper(model, items))),
    shorter: await shorterOne(client, request, choices.params?.maxOutputTokens ?? model?.outputTokens ?? 8_192),
  };
}

async function cheaperOne(client: Client, request: TurnRequest, models: readonly ModelInfo[]): Promise<Offers["cheaper"]> {
  for (const model of models) {
    const found = await estimate(client, { ...request, model: model.id }).catch(() => undefined);
    if (found?.affordable) return { model, likely: found.likely };
  }
  return undefined;
}

async function shorterOne(client: Client, request: TurnRequest, from: number): Promise<Offers["shorter"]> {
  for (const tokens of halvings(from)) {
    const params = { ...request.params, maxOutputTokens: tokens };
    const found = await estimate(client, { ...request, params }).catch(() => undefined);
    if (found?.affordable) return { tokens, atMost: found.atMost };
  }
  return undefined;
}
