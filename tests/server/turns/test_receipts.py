"""What a receipt says adds up, to the last unit, to what was taken."""

from datetime import UTC, date, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, structs, to_builtins

from billing.ledger import Figures, Settlement
from billing.pricing import charged_usd, cost
from billing.quotas import payable
from server.domain.ids import CallId, new_id
from server.domain.money import MicroCredits, NanoUsd, PicoUsd
from server.domain.usage import CallOutcome, Price, Usage
from server.turns import receipts
from server.turns.meter import Call
from server.turns.receipts import Worked
from tests.server.turns.scene import micros, nanos

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def call(output: int, outcome: CallOutcome = CallOutcome.OK, multiplier: int = 1_000_000) -> Call:
    usage = Usage(input_tokens=3, output_tokens=output)
    price = Price(input=PicoUsd(1_111), output=PicoUsd(7_777), multiplier_ppm=multiplier)
    return Call(
        call_id=CallId(new_id()),
        agent="assistant",
        provider="demo",
        model="demo/x",
        usage=usage,
        outcome=outcome,
        price=price,
        cost_usd=cost(usage, price),
        started_at=NOW,
        ended_at=NOW,
    )


CALLS = st.lists(
    st.builds(call, st.integers(0, 10**6), st.sampled_from(CallOutcome), st.integers(0, 3_000_000)),
    max_size=6,
)
RATES = st.sampled_from([1, 7, 300, 1_000, 1_337])
NONE = MicroCredits(0)


@given(CALLS, st.integers(0, 10**12), RATES)
def test_charges_are_what_is_covered_and_dollars_are_its_dollars(
    calls: list[Call], most: int, rate: int
) -> None:
    wanted = receipts.charge_calls(calls, refund=False, charge_failed=True, credits_per_usd=rate)
    covered = min(sum(wanted), most)
    charged = receipts.cover(calls, wanted, covered, rate)
    assert [one.call for one in charged] == calls
    assert sum(one.charged for one in charged) == covered
    assert sum(one.charged_usd for one in charged) == charged_usd(MicroCredits(covered), rate)
    assert all(0 <= one.charged <= most for one, most in zip(charged, wanted, strict=True))
    assert all(one.charged_usd >= 0 for one in charged)


@given(CALLS)
def test_failed_calls_are_charged_on_request_only_and_a_refund_takes_nothing(
    calls: list[Call],
) -> None:
    kept = receipts.charge_calls(calls, refund=False, charge_failed=False, credits_per_usd=1_000)
    for one, amount in zip(calls, kept, strict=True):
        free = one.outcome is CallOutcome.FAILED
        assert amount == (0 if free else receipts.owed(one, 1_000))
    refunded = receipts.charge_calls(calls, refund=True, charge_failed=True, credits_per_usd=1_000)
    assert not any(refunded)


@given(CALLS, st.integers(0, 10**12), RATES)
def test_a_receipt_adds_up(calls: list[Call], held: int, rate: int) -> None:
    wanted = receipts.charge_calls(calls, refund=False, charge_failed=True, credits_per_usd=rate)
    settled = Settlement(
        held=MicroCredits(held),
        covered=MicroCredits(min(sum(wanted), held)),
        overage=MicroCredits(0),
        figures=figures(),
    )
    told = receipts.receipt(settled, receipts.cover(calls, wanted, settled.covered, rate), "chat")
    assert micros(told.charged) + micros(told.released) == micros(told.held) == held
    assert micros(told.charged) == sum(micros(line.charged) for line in told.calls)
    assert nanos(told.charged_usd) == sum(nanos(line.charged_usd) for line in told.calls)
    assert nanos(told.cost_usd) == sum(one.cost_usd for one in calls)


@given(CALLS, st.integers(0, 10**12), RATES, st.randoms(), st.integers(0, 10**10))
def test_what_several_agents_took_adds_up_and_who_failed_took_nothing(
    calls: list[Call], held: int, rate: int, chance: Random, cap: int
) -> None:
    owners = [chance.randrange(3) for _ in calls]
    worked = [
        Worked(
            agent=f"agent {index}",
            status="failed" if index == 0 else "ok",
            error="paused" if index == 0 else None,
            calls=[one.call_id for one, owner in zip(calls, owners, strict=True) if owner == index],
            is_free=index == 0,
            cap_usd=NanoUsd(cap),
        )
        for index in range(3)
    ]
    wanted = receipts.charge_calls(
        calls, worked, refund=False, charge_failed=True, credits_per_usd=rate
    )
    settled = Settlement(
        held=MicroCredits(held),
        covered=MicroCredits(min(sum(wanted), held)),
        overage=MicroCredits(0),
        figures=figures(),
    )
    charged = receipts.cover(calls, wanted, settled.covered, rate)
    told = receipts.receipt(settled, charged, "chat", worked)
    assert isinstance(told.branches, list)
    assert [(one.agent, one.status, one.error) for one in told.branches] == [
        ("agent 0", "failed", "paused"),
        ("agent 1", "ok", UNSET),
        ("agent 2", "ok", UNSET),
    ]
    assert (told.branches[0].charged, told.branches[0].charged_usd) == ("0", "0")
    assert micros(told.charged) == sum(micros(one.charged) for one in told.branches)
    assert nanos(told.charged_usd) == sum(nanos(one.charged_usd) for one in told.branches)
    assert nanos(told.cost_usd) == sum(nanos(one.cost_usd) for one in told.branches)
    most = payable(NanoUsd(cap), rate)
    assert all(micros(one.charged) <= most for one in told.branches)
    for index, one in enumerate(told.branches[1:], 1):
        due = receipts.owed_for(
            [call for call, owner in zip(calls, owners, strict=True) if owner == index], rate
        )
        assert settled.covered < sum(wanted) or micros(one.charged) == min(due, most)


def figures(limit: int | None = 10) -> Figures:
    return Figures(
        balance=MicroCredits(5_000_000),
        held=MicroCredits(1_500_000),
        quota_spent=NanoUsd(1_000_000_000),
        quota_held=NanoUsd(0),
        quota_limit=None if limit is None else NanoUsd(limit * 1_000_000_000),
    )


def test_balance_and_quota_are_told_as_decimal_strings() -> None:
    told = receipts.balance(figures())
    assert (told.credits, told.held, told.spendable) == ("5", "1.5", "3.5")
    month = receipts.quota(figures(), date(2026, 12, 1))
    assert (month.month, month.limit_usd, month.spent_usd) == ("2026-12", "10", "1")
    assert month.resets_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert receipts.quota(figures(None), date(2026, 1, 1)).limit_usd is None


def test_cached_input_costs_what_input_does_where_no_price_says_otherwise() -> None:
    prices = receipts.unit_prices(Price(input=PicoUsd(300_000), output=PicoUsd(2_500_000)))
    assert prices.cached_input == prices.input


def test_other_units_and_their_prices_are_told_where_there_are_any() -> None:
    price = Price(
        input=PicoUsd(0),
        output=PicoUsd(0),
        image=PicoUsd(40_000_000_000),
        character=PicoUsd(15_000_000),
        second=PicoUsd(100_000_000),
    )
    usage = Usage(input_tokens=0, output_tokens=0, images=2, characters=30, audio_ms=400)
    made = structs.replace(call(1), usage=usage, price=price, cost_usd=cost(usage, price))
    charged = receipts.cover([made], [NONE], 0, 1_000)
    settled = Settlement(held=NONE, covered=NONE, overage=NONE, figures=figures())
    (line,) = to_builtins(receipts.receipt(settled, charged, "image"))["calls"]
    assert (line["images"], line["characters"], line["audioMs"]) == (2, 30, 400)
    assert line["prices"]["image"] == "0.04"
    assert (line["prices"]["character"], line["prices"]["second"]) == ("15", "0.0001")
    (plain,) = to_builtins(
        receipts.receipt(settled, receipts.cover([call(1)], [NONE], 0, 1_000), "chat")
    )["calls"]
    assert {"images", "characters", "audioMs"}.isdisjoint(plain)
    assert {"image", "character", "second"}.isdisjoint(plain["prices"])
