"""Windows long past: steps that suit their length, filtered like live ones."""

from datetime import timedelta

import pytest

from billing.consumers import charges
from billing.costbook import CostBook
from billing.costhistory import POINTS_MAX, past_view, step_for
from billing.costviews import Filters, Query, view
from server.persistence.database import Database
from tests.billing.support import NOON, make_user, usage_event
from tests.billing.test_costbook import cost, key


@pytest.mark.parametrize(
    ("length", "step"),
    [
        (timedelta(minutes=5), 1),
        (timedelta(hours=1), 10),
        (timedelta(days=1), 60),
        (timedelta(days=7), 600),
        (timedelta(days=30), 3_600),
        (timedelta(days=400), 86_400),
        (timedelta(days=10_000), 86_400),
    ],
)
def test_a_curve_has_a_bounded_number_of_points(length: timedelta, step: int) -> None:
    assert step_for(NOON, NOON + length) == step
    assert length.total_seconds() / step <= POINTS_MAX or step == 86_400


async def test_a_window_is_replaced_and_what_is_live_stays(database: Database) -> None:
    user, _ = await make_user(database)
    then = NOON - timedelta(days=10)
    events = [
        usage_event(user, at=then, cost=5, model="demo/a"),
        usage_event(user, at=then, cost=6, model="demo/b", feature="caption"),
        usage_event(user, at=then + timedelta(hours=2), cost=7, model="demo/a"),
    ]
    async with database.transaction() as tx:
        await charges.apply(tx, events)
    book = CostBook(NOON)
    book.add(cost(1_000, of=key("demo/a")))
    query = Query(
        seconds=None,
        start=then,
        end=then + timedelta(hours=2),
        filters=Filters(feature=frozenset({"chat"})),
    )
    live = view(book, (), query)
    past = await past_view(database, query, live, NOON)
    assert past.totals == live.totals
    assert (past.step, past.errors.calls) == (10, 1)
    assert [(one.key, one.points) for one in past.series] == [
        ("demo/a", [(int(then.timestamp()), 5)])
    ]
    assert [(group.key, group.calls, group.today) for group in past.groups] == [
        ("demo/a", 1, 1_000)
    ]
    assert [call.call_id for call in past.dearest] == [events[0].call_id]
