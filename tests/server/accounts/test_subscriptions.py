"""What is said of a subscription is so afterwards, said once or many times at once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from server.accounts.subscriptions import Wanted, shown, subscribe, unsubscribe
from server.domain.clock import utc_now
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.ids import new_id
from server.persistence import subscriptions
from server.persistence.database import Database, Tx
from server.persistence.subscriptions import Subscription
from server.persistence.users import UserRow
from tests.server.accounts.people import somebody

PRO = Wanted(tier="pro", reference=None, ends_at=None)
BUSINESS = Wanted(tier="business", reference=None, ends_at=None)


async def want(database: Database, user: UUID, wanted: Wanted) -> Subscription | None:
    id = new_id()
    return await database.run(lambda tx: subscribe(tx, user, wanted, id=id))


async def history(database: Database, user: UUID) -> list[tuple[str, bool]]:
    """Newest first: tier, and whether it is active."""
    async with database.snapshot() as tx:
        return [(each.tier, each.is_active) for each in await subscriptions.list_of(tx, user)]


async def test_another_tier_ends_the_one_before_and_the_same_goes_on(database: Database) -> None:
    user = await somebody(database)
    assert await want(database, user, PRO) is None
    before = await want(database, user, PRO)
    assert before is not None
    assert await want(database, user, BUSINESS) == before
    assert await history(database, user) == [("business", True), ("pro", False)]
    ended = await database.run(lambda tx: unsubscribe(tx, user))
    assert ended is not None
    assert ended.tier == "business"
    assert await database.run(lambda tx: unsubscribe(tx, user)) is None
    assert await history(database, user) == [("business", False), ("pro", False)]


async def test_one_that_has_come_to_its_end_is_followed_by_a_new_one(database: Database) -> None:
    user, soon = await somebody(database), utc_now() + timedelta(milliseconds=200)
    await want(database, user, Wanted(tier="pro", reference=None, ends_at=soon))
    await asyncio.sleep(0.25)
    await want(database, user, PRO)
    assert await history(database, user) == [("pro", True), ("pro", False)]


async def test_of_many_at_once_one_is_open_at_last(database: Database) -> None:
    user = await somebody(database)
    await asyncio.gather(*(want(database, user, wanted) for wanted in (PRO, BUSINESS) * 4))
    assert [active for _, active in await history(database, user)].count(True) == 1


async def test_nobody_subscribes_who_is_not_there_or_about_to_leave(database: Database) -> None:
    with pytest.raises(NotFound):
        await want(database, new_id(), PRO)
    user = await somebody(database)
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(deletion_requested_at=utc_now()))
    with pytest.raises(Conflict):
        await want(database, user, PRO)


async def test_none_begins_that_is_over(database: Database) -> None:
    user, over = await somebody(database), utc_now() - timedelta(seconds=1)
    with pytest.raises(Invalid) as refused:
        await want(database, user, Wanted(tier="pro", reference=None, ends_at=over))
    assert refused.value.path == "$.endsAt"
    assert await history(database, user) == []


async def test_what_is_shown_names_nobody(database: Database) -> None:
    user, later = await somebody(database), utc_now() + timedelta(days=1)
    wanted = Wanted(tier="pro", reference="of-somebody", ends_at=later)
    await want(database, user, wanted)
    assert shown(await want(database, user, wanted)) == {"tier": "pro", "endsAt": later.isoformat()}
    assert shown(None) is None


async def test_whether_one_would_be_over_is_asked_of_one_clock(database: Database) -> None:
    user = await somebody(database)
    soon = Wanted(tier="pro", reference=None, ends_at=utc_now() + timedelta(milliseconds=50))

    async def late(tx: Tx, wanted: Wanted) -> None:
        await asyncio.sleep(0.1)  # it was in the future when it was sent
        await subscribe(tx, user, wanted, id=new_id())

    with pytest.raises(Invalid):
        await database.run(lambda tx: late(tx, soon))
    await want(database, user, PRO)
    with pytest.raises(Invalid):
        await database.run(lambda tx: late(tx, soon))
    assert await history(database, user) == [("pro", True)]
