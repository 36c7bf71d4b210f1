"""A board kept call by call says what adding up the whole book says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from billing import costboard
from billing.costboard import Board
from billing.costbook import Cost, CostBook, Key
from billing.costviews import Dimension, Filters, Query, View, view
from billing.live import LiveCost
from server.domain.ids import CallId, new_id
from server.domain.money import NanoUsd

LATE = datetime(2026, 5, 31, 23, 50, tzinfo=UTC)
"""Ten minutes before another day and another month."""
PEOPLE = [UUID(int=number) for number in range(1, 30)]


def cost(
    at: datetime, who: int, model: int = 0, usd: int = 1_000_000, failed: bool = False
) -> Cost:
    key = Key(PEOPLE[who], f"f{who % 3}", "assistant", f"m{model}", "demo")
    return Cost(call_id=CallId(new_id()), key=key, cost_usd=NanoUsd(usd), failed=failed, at=at)


def board(book: CostBook, query: Query) -> Board:
    made = Board(book, query)
    book.listeners.add(made)
    for _ in made.read():
        pass
    return made


CALLS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 3, 59, 400, 4_000]),  # seconds that pass before it comes
        st.sampled_from([0, 0, 0, 2, 70, 500, 5_000]),  # seconds that it is late
        st.integers(0, 28),
        st.integers(0, 12),
        st.integers(0, 10**9),
        st.booleans(),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(
    CALLS,
    st.integers(0, 40),
    st.sampled_from([300, 3_600, 86_400]),
    st.sampled_from(["creator", "model", "feature", "agent", "provider"]),
    st.sampled_from(
        [Filters(), Filters(feature=frozenset({"f1"})), Filters(creator=frozenset(PEOPLE[:9]))]
    ),
)
def test_a_board_says_what_the_book_says(
    calls: list[tuple[int, int, int, int, int, bool]],
    opened_after: int,
    seconds: int,
    group_by: Dimension,
    filters: Filters,
) -> None:
    query = Query(seconds=seconds, group_by=group_by, filters=filters)
    book, now = CostBook(LATE), LATE
    of = board(book, query) if not opened_after else None
    for number, (pause, late, who, model, usd, failed) in enumerate(calls, start=1):
        now += timedelta(seconds=pause)
        book.advance(now)
        book.add(cost(now - timedelta(seconds=late), who, model, usd, failed))
        if number == opened_after:
            of = board(book, query)
        if of is not None:
            whole = view(book, [], query)
            assert figures(of) == structs.replace(whole, series=[])


@settings(deadline=None)
@given(CALLS, st.integers(0, 20), st.sampled_from([300, 3_600, 86_400]))
def test_calls_and_time_may_come_between_while_the_book_is_read(
    calls: list[tuple[int, int, int, int, int, bool]], opened_after: int, seconds: int
) -> None:
    query = Query(seconds=seconds, group_by="creator")
    book, now = CostBook(LATE), LATE
    of: Board | None = None
    reading: Iterator[None] = iter(())
    with patch.object(costboard, "SLICE_CELLS", 1):
        for number, (pause, late, who, model, usd, failed) in enumerate(calls, start=1):
            now += timedelta(seconds=pause)
            book.advance(now)
            book.add(cost(now - timedelta(seconds=late), who, model, usd, failed))
            next(reading, None)
            if number == opened_after:
                of = Board(book, query)
                book.listeners.add(of)
                reading = of.read()
        for _ in reading:
            pass
    if of is not None:
        assert figures(of) == structs.replace(view(book, [], query), series=[])


def figures(of: Board) -> View:
    return View(
        step=of.step,
        totals=of.totals(),
        running=of.running([]),
        errors=of.errors(),
        series=[],
        groups=of.groups(),
        group_count=of.group_count(),
        dearest=of.dearest(),
    )


def test_running_turns_are_filtered_as_calls_are() -> None:
    of = board(CostBook(LATE), Query(filters=Filters(creator=frozenset({PEOPLE[0]}))))
    items = [
        LiveCost(
            creator=creator,
            feature="chat",
            agent="assistant",
            model="m0",
            provider="demo",
            turns=2,
            cost_usd=NanoUsd(30),
            held_usd=NanoUsd(50),
        )
        for creator in PEOPLE[:3]
    ]
    assert of.running(items).turns == 2
