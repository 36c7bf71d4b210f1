"""Every call is in the list once, billed or not, and can be found."""

from datetime import timedelta

import pytest

from billing import calllists
from billing.calllists import ListedCall, Order, Place, Sought
from billing.consumers import charges
from billing.reports import Range
from billing.reportsources import Filters, read_patiently
from server.domain.usage import Usage, UsageEvent
from server.persistence import outbox
from server.persistence.database import Database
from tests.billing.support import NOON, make_user, usage_event

ALL, ANY = Filters(), Sought()
DAY = Range(start=NOON, end=NOON + timedelta(days=1))


async def made(database: Database) -> list[UsageEvent]:
    """Of two creators; every third is not billed yet, and some are of one moment."""
    users = [(await make_user(database))[0] for _ in range(2)]
    usage = Usage(input_tokens=9, output_tokens=4, cached_input_tokens=2, images=1, audio_ms=1_500)
    events = [
        usage_event(
            users[number % 2],
            at=NOON + timedelta(minutes=number // 2),
            cost=number % 5,
            usage=usage,
            correlation_id=f"req-{number % 4}",
        )
        for number in range(17)
    ]
    events.append(usage_event(users[0], at=DAY.end))
    async with database.transaction() as tx:
        await outbox.append(tx, events)
        await charges.apply(tx, [event for number, event in enumerate(events) if number % 3])
    return events[:-1]


async def paged(
    database: Database,
    order: Order,
    filters: Filters = ALL,
    sought: Sought = ANY,
) -> list[ListedCall]:
    found: list[ListedCall] = []
    after: Place | None = None
    async with database.snapshot() as tx:
        await read_patiently(tx)
        while page := await calllists.page(
            tx, filters, DAY, sought=sought, order=order, limit=4, after=after
        ):
            found += page
            after = (page[-1].cost_usd, page[-1].at, page[-1].call_id)
        every = [one async for calls in calllists.every(tx, filters, DAY, sought) for one in calls]
    assert every == sorted(found, key=lambda call: (call.at, call.call_id))
    return found


@pytest.mark.parametrize("order", ["newest", "dearest"])
async def test_pages_bring_every_call_once_in_their_order(database: Database, order: Order) -> None:
    events = await made(database)

    def place(event: UsageEvent) -> tuple[object, ...]:
        when = (event.at, event.call_id)
        return when if order == "newest" else (event.cost_usd, *when)

    found = await paged(database, order)
    assert [call.call_id for call in found] == [
        event.call_id for event in sorted(events, key=place, reverse=True)
    ]
    billed = {call.call_id: call.is_billed for call in found}
    assert billed == {event.call_id: bool(n % 3) for n, event in enumerate(events)}


async def test_a_call_looks_the_same_before_and_after_it_is_billed(database: Database) -> None:
    events = await made(database)
    before = {call.call_id: call for call in await paged(database, "newest")}
    async with database.transaction() as tx:
        await charges.apply(tx, events)
    for call in await paged(database, "newest"):
        was = before[call.call_id]
        assert call.is_billed
        for name in ListedCall.__struct_fields__:
            if name != "is_billed":
                assert getattr(call, name) == getattr(was, name), name


async def test_calls_are_found_by_what_they_are_of(database: Database) -> None:
    events = await made(database)
    one = events[3]

    async def ids(filters: Filters = ALL, **sought: object) -> set[object]:
        found = await paged(database, "newest", filters, Sought(**sought))  # type: ignore[arg-type]  # by name
        return {call.call_id for call in found}

    assert await ids(call_id=one.call_id) == {one.call_id}
    assert await ids(turn_id=one.turn_id) == {one.call_id}
    assert await ids(correlation_id="req-1") == {
        event.call_id for event in events if event.correlation_id == "req-1"
    }
    assert await ids(Filters(creator=one.creator_id)) == {
        event.call_id for event in events if event.creator_id == one.creator_id
    }
    assert await ids(Filters(workspace=one.workspace_id)) == {one.call_id}
