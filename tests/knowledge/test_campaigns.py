"""Insights are linked to campaigns of the same creator, and read back while they are live."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from knowledge import store
from knowledge.campaigns import link, linked, unlink
from knowledge.hostdata import put_campaigns
from server.domain.errors import NotFound
from server.domain.ids import UserId, new_id
from server.domain.insights import Insight
from server.persistence.database import Database
from tests.knowledge.hosts import campaign
from tests.knowledge.scene import creator, new
from tests.server.accounts.people import START

NOW = START + timedelta(minutes=1)


async def launch(database: Database, *learned: str) -> tuple[UserId, list[Insight]]:
    """A creator with the campaign "spring", and what was learned."""
    who = await creator(database)
    async with database.transaction() as tx:
        await put_campaigns(tx, who, [campaign("spring")], NOW)
        return who, [await store.add(tx, new_id(), who, new(text), NOW) for text in learned]


async def texts(database: Database, who: UUID) -> list[str]:
    async with database.snapshot() as tx:
        return [one.text for one in await linked(tx, who, "spring", before=None, limit=50)]


async def test_what_is_linked_is_read_back_newest_first_once(database: Database) -> None:
    who, (first, second) = await launch(database, "Photos sell.", "Videos sell.")
    for one in (second, first, second):
        async with database.transaction() as tx:
            await link(tx, who, "spring", one.id)
    assert await texts(database, who) == ["Videos sell.", "Photos sell."]
    async with database.transaction() as tx:
        assert await unlink(tx, who, "spring", second.id)
        assert not await unlink(tx, who, "spring", second.id)
        await store.retract(tx, first.id, who, NOW)
    assert await texts(database, who) == []


async def test_nothing_of_somebody_else_is_linked_or_read(database: Database) -> None:
    who, (mine,) = await launch(database, "Photos sell.")
    other, (theirs,) = await launch(database, "Videos sell.")
    async with database.transaction() as tx:
        await link(tx, who, "spring", mine.id)
        for creator_id, name, insight in (
            (who, "spring", theirs.id),
            (other, "spring", mine.id),
            (who, "autumn", mine.id),
            (who, "spring", new_id()),
        ):
            with pytest.raises(NotFound):
                await link(tx, creator_id, name, insight)
        assert not await unlink(tx, other, "spring", mine.id)
        with pytest.raises(NotFound):
            await linked(tx, who, "autumn", before=None, limit=1)
        with pytest.raises(NotFound):
            await linked(tx, await creator(database), "spring", before=None, limit=1)
    assert await texts(database, other) == []
    assert await texts(database, who) == ["Photos sell."]


async def test_a_link_goes_with_either_side(database: Database) -> None:
    for gone in ("insights", "marketing_campaigns"):
        who, (one,) = await launch(database, "Photos sell.")
        async with database.transaction() as tx:
            await link(tx, who, "spring", one.id)
            await tx.execute(text(f"DELETE FROM {gone}"))
            assert await tx.scalar(text("SELECT count(*) FROM campaign_insights")) == 0
