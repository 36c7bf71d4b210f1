// What something costs, for people: credits first and dollars beside, or the other way round.
import type { ReactiveController, ReactiveControllerHost } from "lit";

import type { Client } from "../core/client.js";
import { locale, t } from "../core/i18n.js";
import { credits, plural, usd } from "../core/money.js";
import type { Amount } from "../core/wire.gen.js";

export type Money = "credits" | "dollars";

export const isMoney = (value: unknown): value is Money => value === "credits" || value === "dollars";

/** Which of the two somebody reads first: kept on the device, so another window may change it. */
export class MoneyFirst implements ReactiveController {
  constructor(private readonly host: ReactiveControllerHost & { readonly client: Client }) {
    host.addController(this);
  }

  get value(): Money {
    return this.host.client.shelf.read("money", isMoney) ?? "credits";
  }

  hostConnected(): void {
    addEventListener("storage", this.heard);
  }

  hostDisconnected(): void {
    removeEventListener("storage", this.heard);
  }

  private readonly heard = ({ key }: StorageEvent): void => {
    if (key === null || key.endsWith(".money")) this.host.requestUpdate();
  };
}

/** `0.42 credits`, or `$0.0042`. */
export function short(amount: Amount, money: Money): string {
  return money === "dollars"
    ? usd(amount.usd, locale())
    : t("money.credits", { credits: credits(amount.credits, locale()), count: plural(amount.credits) });
}

/** The one that is not read first. */
export function other(amount: Amount, money: Money): string {
  return short(amount, money === "credits" ? "dollars" : "credits");
}

/** `0.42 credits ($0.0042)`, or `$0.0042 (0.42 credits)`. */
export function both(amount: Amount, money: Money): string {
  return t("money.both", { first: short(amount, money), second: other(amount, money) });
}
