"""Costs in bounded memory: the sums are those of the calls, whatever time does."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from billing.costbook import BUCKET_KEYS_MAX, DEAREST_MAX, OTHER, Cost, CostBook, Key, Tier
from server.domain.ids import CallId, new_id
from server.domain.money import NanoUsd
from tests.billing.support import NOON

ANN = UUID(int=1)


def key(model: str = "demo/a", creator: UUID = ANN, feature: str = "chat") -> Key:
    return Key(creator, feature, "assistant", model, model.split("/", maxsplit=1)[0])


def cost(usd: int, at: datetime = NOON, *, of: Key | None = None, failed: bool = False) -> Cost:
    return Cost(
        call_id=CallId(new_id()),
        key=of or key(),
        cost_usd=NanoUsd(usd),
        failed=failed,
        at=at,
    )


moments = st.integers(0, 300)


@given(st.lists(st.tuples(moments, st.integers(0, 9)), max_size=60), st.integers(0, 400))
def test_a_tier_sums_exactly_the_steps_it_covers(calls: list[tuple[int, int]], now: int) -> None:
    tier, base = Tier(10, 12), 1_000_000
    for second, usd in calls:
        tier.add(base + second, base + second, key(), usd, 1, 0)
    tier.expire(base + now)
    kept = [(second, usd) for second, usd in calls if (base + second) // 10 * 10 > base + now - 120]
    assert sum(cell.usd for cell in tier.sums.values()) == sum(usd for _, usd in kept)
    assert sum(cell.calls for _, _, cell in tier.between(0, 2**40)) == len(kept)
    assert len(tier.buckets) <= 42


def test_a_call_is_in_every_tier_and_period_that_reaches_it() -> None:
    book = CostBook(NOON)
    book.add(cost(1))
    book.add(cost(20, NOON - timedelta(minutes=11)))
    book.add(cost(300, NOON - timedelta(hours=2), failed=True))
    book.add(cost(4_000, NOON - timedelta(hours=13)))
    book.add(cost(50_000, NOON - timedelta(days=3)))
    book.add(cost(600_000, NOON - timedelta(days=30)))
    tiers = (book.seconds, book.tens, book.minutes)
    assert [sum(cell.usd for cell in tier.sums.values()) for tier in tiers] == [1, 21, 4_321]
    assert sum(cell.usd for cell in book.today.cells.values()) == 321
    assert sum(cell.usd for cell in book.month.cells.values()) == 54_321
    assert sum(cell.failed for cell in book.minutes.sums.values()) == 1


def test_a_day_and_a_month_begin_empty() -> None:
    last = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)
    book = CostBook(last)
    book.add(cost(7, last))
    book.advance(last + timedelta(seconds=1))
    assert (book.today.cells, book.month.cells) == ({}, {})
    assert sum(cell.usd for cell in book.minutes.sums.values()) == 7
    book.add(cost(5, last + timedelta(seconds=1)))
    book.add(cost(9, last))  # late: of yesterday
    assert sum(cell.usd for cell in book.today.cells.values()) == 5


def test_after_a_day_of_silence_nothing_is_kept() -> None:
    book = CostBook(NOON)
    for minute in range(50):
        book.add(cost(minute, NOON - timedelta(minutes=minute)))
    book.advance(NOON + timedelta(days=1, minutes=1))
    for tier in (book.seconds, book.tens, book.minutes):
        assert (tier.buckets, tier.sums) == ({}, {})
    assert list(book.remembered(0)) == []


def test_a_bucket_of_too_many_keys_loses_names_and_no_money() -> None:
    book = CostBook(NOON)
    for number in range(BUCKET_KEYS_MAX + 50):
        book.add(cost(1, of=key(creator=UUID(int=number + 1))))
    assert len(book.seconds.sums) == BUCKET_KEYS_MAX + 1
    assert book.seconds.sums[OTHER].usd == 50
    assert sum(cell.usd for cell in book.seconds.sums.values()) == BUCKET_KEYS_MAX + 50


def test_of_each_minute_the_dearest_calls_are_kept() -> None:
    book = CostBook(NOON)
    calls = [cost(usd) for usd in range(40)]
    for one in (*calls, *calls):  # the snapshot and the day's own query know the same
        book.remember(one)
    kept = sorted(one.cost_usd for one in book.remembered(0))
    assert kept == list(range(40 - DEAREST_MAX, 40))


def test_a_window_takes_the_finest_tier_that_reaches_back() -> None:
    book = CostBook(NOON)

    def step(minutes: int, length: int) -> int:
        start = NOON - timedelta(minutes=minutes)
        return book.tier_for(start, start + timedelta(minutes=length)).step

    assert [step(5, 5), step(10, 10), step(11, 5), step(60, 60), step(61, 1), step(1440, 1440)] == [
        1,
        1,
        10,
        10,
        60,
        60,
    ]
