"""Receipts and figures: what clients are told about money, made from what the ledger did. Pure."""

from collections.abc import Sequence
from datetime import date

from msgspec import UNSET, Struct

from billing.ledger import Figures, Settlement
from billing.pricing import charge, charged_usd
from billing.quotas import payable
from server.domain.clock import next_month
from server.domain.ids import CallId
from server.domain.money import (
    MicroCredits,
    NanoUsd,
    credits_text,
    price_text,
    unit_price_text,
    usd_text,
)
from server.domain.usage import CallOutcome, Price
from server.protocol.figures import (
    Amount,
    Balance,
    BranchReceipt,
    BranchStatus,
    CallReceipt,
    Quota,
    Receipt,
    UnitPrices,
)
from server.turns.meter import Call


class Worked(Struct, frozen=True, kw_only=True):
    """One of several agents at the end of its turn: its calls, and how it ended. ``is_free``:
    nothing is charged for it, whatever becomes of the turn."""

    agent: str
    status: BranchStatus
    error: str | None
    calls: list[CallId]
    is_free: bool
    cap_usd: NanoUsd


class ChargedCall(Struct, frozen=True, kw_only=True):
    """A call and the credits taken for it."""

    call: Call
    charged: MicroCredits
    charged_usd: NanoUsd


def owed(call: Call, credits_per_usd: int) -> MicroCredits:
    """Micro-credits for one call at its price and multiplier."""
    return charge(call.cost_usd, call.price.multiplier_ppm, credits_per_usd)


def owed_for(calls: Sequence[Call], credits_per_usd: int) -> MicroCredits:
    return MicroCredits(sum(owed(call, credits_per_usd) for call in calls))


def charge_calls(
    calls: list[Call],
    worked: Sequence[Worked] = (),
    *,
    refund: bool,
    charge_failed: bool,
    credits_per_usd: int,
) -> list[MicroCredits]:
    """What each call should take. ``refund``: nothing; failed calls are charged only on request,
    those of agents that are free are not, and no agent is charged more than its cap."""
    owners = {call_id: one for one, did in enumerate(worked) for call_id in did.calls}
    left = [0 if did.is_free else payable(did.cap_usd, credits_per_usd) for did in worked]
    charged = []
    for call in calls:
        free = refund or (call.outcome is CallOutcome.FAILED and not charge_failed)
        amount = MicroCredits(0) if free else owed(call, credits_per_usd)
        owner = owners.get(call.call_id)
        if owner is not None:
            amount = MicroCredits(min(amount, left[owner]))
            left[owner] -= amount
        charged.append(amount)
    return charged


def cover(
    calls: list[Call], wanted: list[MicroCredits], covered: int, credits_per_usd: int
) -> list[ChargedCall]:
    """The calls with what was taken for each: what is ``wanted``, and no more than ``covered`` in
    sum; the last ones go short.

    Dollars are those of the running sum, so that they too add up to exactly what the quota counts,
    however a credit divides.
    """
    taken, result = 0, []
    for call, amount in zip(calls, wanted, strict=True):
        before, taken = taken, min(taken + amount, covered)
        in_dollars = [charged_usd(MicroCredits(sum_), credits_per_usd) for sum_ in (before, taken)]
        result.append(
            ChargedCall(
                call=call,
                charged=MicroCredits(taken - before),
                charged_usd=NanoUsd(in_dollars[1] - in_dollars[0]),
            )
        )
    return result


def receipt(
    settled: Settlement, calls: list[ChargedCall], feature: str, worked: Sequence[Worked] = ()
) -> Receipt:
    return Receipt(
        held=credits_text(settled.held),
        charged=credits_text(settled.covered),
        released=credits_text(settled.released),
        cost_usd=usd_text(sum(charged.call.cost_usd for charged in calls)),
        charged_usd=usd_text(sum(charged.charged_usd for charged in calls)),
        calls=[_line(charged, feature) for charged in calls],
        branches=[_branch(one, calls) for one in worked] or UNSET,
    )


def _branch(worked: Worked, calls: list[ChargedCall]) -> BranchReceipt:
    known = set(worked.calls)
    own = [charged for charged in calls if charged.call.call_id in known]
    return BranchReceipt(
        agent=worked.agent,
        status=worked.status,
        error=worked.error or UNSET,
        cost_usd=usd_text(sum(charged.call.cost_usd for charged in own)),
        charged=credits_text(sum(charged.charged for charged in own)),
        charged_usd=usd_text(sum(charged.charged_usd for charged in own)),
        cap_usd=usd_text(worked.cap_usd),
    )


def _line(charged: ChargedCall, feature: str) -> CallReceipt:
    call, usage = charged.call, charged.call.usage
    return CallReceipt(
        call_id=call.call_id,
        agent=call.agent,
        feature=feature,
        provider=call.provider,
        model=call.model,
        input_tokens=usage.input_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        cache_write_tokens=usage.cache_write_tokens or UNSET,
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        images=usage.images or UNSET,
        characters=usage.characters or UNSET,
        audio_ms=usage.audio_ms or UNSET,
        prices=unit_prices(call.price),
        cost_usd=usd_text(call.cost_usd),
        charged=credits_text(charged.charged),
        charged_usd=usd_text(charged.charged_usd),
        usage_source=usage.source.value,
        outcome=call.outcome.value,
    )


def unit_prices(price: Price) -> UnitPrices:
    cached = price.input if price.cached_input is None else price.cached_input
    return UnitPrices(
        input=price_text(price.input),
        cached_input=price_text(cached),
        cache_write=UNSET if price.cache_write is None else price_text(price.cache_write),
        output=price_text(price.output),
        image=UNSET if price.image is None else unit_price_text(price.image),
        character=UNSET if price.character is None else price_text(price.character),
        second=UNSET if price.second is None else unit_price_text(price.second),
    )


def amount(credits: int, credits_per_usd: int) -> Amount:
    """Credits, and the same in dollars."""
    usd = charged_usd(MicroCredits(credits), credits_per_usd)
    return Amount(credits=credits_text(credits), usd=usd_text(usd))


def balance(figures: Figures) -> Balance:
    return Balance(
        credits=credits_text(figures.balance),
        held=credits_text(figures.held),
        spendable=credits_text(figures.spendable),
    )


def quota(figures: Figures, month: date) -> Quota:
    return quota_of(month, figures.quota_limit, figures.quota_spent, figures.quota_held)


def quota_of(month: date, limit: NanoUsd | None, spent: NanoUsd, held: NanoUsd) -> Quota:
    return Quota(
        month=month.strftime("%Y-%m"),
        limit_usd=None if limit is None else usd_text(limit),
        spent_usd=usd_text(spent),
        held_usd=usd_text(held),
        resets_at=next_month(month),
    )
