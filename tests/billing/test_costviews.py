"""What a watcher sees of a book: grouped, filtered, ranked."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from billing.costbook import CostBook
from billing.costviews import OTHERS, SERIES_MAX, Filters, Query, curves, view
from billing.live import LiveCost
from server.domain.money import NanoUsd
from tests.billing.support import NOON
from tests.billing.test_costbook import cost, key

ANN, BOB = UUID(int=1), UUID(int=2)


def book_of(*calls: tuple[int, float, str]) -> CostBook:
    """Calls as nano-dollars, seconds ago, model."""
    book = CostBook(NOON)
    for usd, ago, model in calls:
        book.add(cost(usd, NOON - timedelta(seconds=ago), of=key(model)))
    return book


def test_the_totals_are_of_their_spans() -> None:
    book = book_of((10, 0, "demo/a"), (100, 1, "demo/a"), (1_000, 10, "demo/a"))
    book.add(cost(10_000, NOON - timedelta(seconds=11)))
    book.add(cost(100_000, NOON - timedelta(seconds=60)))
    totals = view(book, (), Query()).totals
    assert totals.per_second == (100 + 1_000) // 10  # whole seconds only
    assert totals.per_minute == 11_110
    assert totals.today == totals.month == 111_110
    assert totals.usual_per_second == 111_110 // 60
    left = 16 * 86_400 + 43_200
    assert totals.month_forecast == 111_110 + 111_110 * left // 86_400


def test_a_curve_has_its_steps_in_order_and_only_those_of_the_window() -> None:
    book = book_of((5, 299, "demo/a"), (7, 301, "demo/a"), (1, 3, "demo/a"), (2, 3, "demo/a"))
    (series,) = view(book, (), Query()).series
    second = int(NOON.timestamp())
    assert series.points == [(second - 299, 5), (second - 3, 3)]


def test_groups_are_ranked_by_the_window_and_show_their_change() -> None:
    book = book_of(
        (60, 400, "demo/a"), (90, 100, "demo/a"), (80, 200, "demo/b"), (999, 4_000, "demo/c")
    )
    seen = view(book, (), Query())
    assert [(group.key, group.calls, group.change_percent) for group in seen.groups] == [
        ("demo/a", 1, 50.0),
        ("demo/b", 1, None),
        ("demo/c", 0, None),
    ]
    assert seen.groups[2].today == 999
    assert seen.group_count == 3


def test_filters_apply_to_everything() -> None:
    book = CostBook(NOON)
    book.add(cost(3, of=key("demo/a", ANN), failed=True))
    book.add(cost(50, of=key("demo/a", BOB)))
    book.add(cost(700, of=key("demo/b", ANN, feature="caption")))
    running = [
        LiveCost(
            creator=who,
            feature="chat",
            agent="assistant",
            model="demo/a",
            provider="demo",
            turns=turns,
            cost_usd=NanoUsd(turns * 10),
            held_usd=NanoUsd(turns * 100),
        )
        for who, turns in ((ANN, 1), (BOB, 2))
    ]
    filters = Filters(creator=frozenset({ANN}), feature=frozenset({"chat", "title"}))
    seen = view(book, running, Query(filters=filters, group_by="creator"))
    assert (seen.totals.today, seen.totals.month, seen.totals.per_minute) == (3, 3, 3)
    assert (seen.running.turns, seen.running.cost_usd, seen.running.held_usd) == (1, 10, 100)
    assert (seen.errors.rate, seen.errors.calls) == (1.0, 1)
    assert [group.key for group in seen.groups] == [str(ANN)]
    assert [one.cost_usd for one in seen.dearest] == [3]


def test_a_fixed_window_stands_still() -> None:
    book = book_of((1, 50, "demo/a"), (2, 30, "demo/a"), (4, 5, "demo/a"))
    start, end = NOON - timedelta(seconds=50), NOON - timedelta(seconds=5)
    seen = view(book, (), Query(seconds=None, start=start, end=end))
    assert sum(usd for _, usd in seen.series[0].points) == 3
    assert [one.cost_usd for one in seen.dearest] == [2, 1]


def test_longer_windows_have_wider_steps() -> None:
    book = book_of((1, 3_000, "demo/a"), (2, 80_000, "demo/a"))
    assert [view(book, (), Query(seconds=s)).step for s in (300, 3_600, 86_400)] == [1, 10, 60]
    for seconds, usd in ((300, 0), (3_600, 1), (86_400, 3)):
        seen = view(book, (), Query(seconds=seconds))
        assert sum(usd for curve in seen.series for _, usd in curve.points) == usd


points = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([f"m{n}" for n in range(15)]), st.integers(0, 99)),
    max_size=80,
)


@given(points)
def test_curves_lose_no_money(found: list[tuple[int, str, int]]) -> None:
    drawn = curves(found)
    assert sum(usd for curve in drawn for _, usd in curve.points) == sum(p[2] for p in found)
    assert len(drawn) <= SERIES_MAX + 1
    assert [curve.key for curve in drawn[SERIES_MAX:]] in ([], [OTHERS])
    for curve in drawn:
        seconds = [second for second, _ in curve.points]
        assert seconds == sorted(set(seconds))


def test_an_empty_book_has_a_view() -> None:
    seen = view(CostBook(datetime.fromisoformat("2026-03-01T00:00:00+00:00")), (), Query())
    assert (seen.series, seen.groups, seen.dearest, seen.errors.rate) == ([], [], [], 0.0)
    assert seen.totals.month_forecast == 0
