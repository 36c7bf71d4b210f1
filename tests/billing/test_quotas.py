"""What is left of a month, which marks were passed, where it will end."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.pricing import charged_usd
from billing.quotas import crossed, outlook, passed, payable, remaining, until
from server.domain.money import MicroCredits, NanoUsd
from tests.billing.support import MONTH, NOON

amounts = st.integers(0, 10**15).map(NanoUsd)


@given(amounts, amounts, amounts)
def test_what_remains_is_never_negative(limit: NanoUsd, spent: NanoUsd, held: NanoUsd) -> None:
    left = remaining(limit, spent, held)
    assert left is not None
    assert left == max(0, limit - spent - held)


def test_without_a_limit_nothing_is_left_to_name() -> None:
    assert remaining(None, NanoUsd(5), NanoUsd(5)) is None
    assert crossed(NanoUsd(0), NanoUsd(10**15), None) == ()


@given(st.lists(st.integers(0, 40), max_size=40), st.integers(1, 200))
def test_however_a_month_is_spent_each_mark_is_passed_once(steps: list[int], limit: int) -> None:
    seen: list[int] = []
    spent = 0
    for step in steps:
        seen += crossed(NanoUsd(spent), NanoUsd(spent + step), NanoUsd(limit))
        spent += step
    assert seen == [mark for mark in (80, 95) if spent * 100 >= mark * limit]


def test_an_even_month_ends_at_twice_its_middle() -> None:
    begin = datetime(2026, 4, 1, tzinfo=UTC)
    seen = outlook(date(2026, 4, 1), NanoUsd(500), NanoUsd(1_000), begin + timedelta(days=15))
    assert (seen.percent, seen.pace, seen.forecast_usd) == (50.0, 1.0, 1_000)


def test_a_call_a_second_after_midnight_counts_for_an_hour() -> None:
    begin = datetime(2026, 4, 1, tzinfo=UTC)
    seen = outlook(date(2026, 4, 1), NanoUsd(10), None, begin + timedelta(seconds=1))
    assert (seen.percent, seen.pace, seen.forecast_usd) == (None, None, 10 * 24 * 30)


def test_a_month_that_is_over_is_its_own_forecast() -> None:
    seen = outlook(MONTH, NanoUsd(10), NanoUsd(100), NOON + timedelta(days=90))
    assert seen.forecast_usd == 10


def test_nobody_is_told_to_retry_at_once() -> None:
    assert until(NOON, NOON + timedelta(minutes=1)) == 1.0
    assert until(NOON + timedelta(seconds=90), NOON) == 90.0


@given(amounts, st.integers(1, 10**6))
def test_what_a_quota_allows_in_credits_is_never_more_in_dollars(
    usd: NanoUsd, credits_per_usd: int
) -> None:
    allowed = payable(usd, credits_per_usd)
    assert charged_usd(allowed, credits_per_usd) <= usd
    assert charged_usd(MicroCredits(allowed + 1), credits_per_usd) > usd


@given(st.integers(0, 300), st.integers(1, 200))
def test_a_mark_is_passed_by_what_is_spent_of_the_limit(spent: int, limit: int) -> None:
    expected = tuple(mark for mark in (80, 95) if spent / limit >= mark / 100)
    assert passed(NanoUsd(spent), NanoUsd(limit)) == expected
    assert passed(NanoUsd(spent), None) == ()
