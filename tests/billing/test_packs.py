"""Packs: offered smallest first, renamed and withdrawn, never worth something else."""

from uuid import UUID

from billing import packs
from billing.packs import Pack
from server.domain.ids import new_id
from server.domain.money import MicroCredits, NanoUsd
from server.persistence.database import Database


async def make(database: Database, credits: int, *, active: bool = True) -> Pack:
    async with database.transaction() as tx:
        return await packs.create(
            tx,
            id=new_id(),
            name=f"{credits} credits",
            credits=MicroCredits(credits),
            price_usd=NanoUsd(credits),
            active=active,
        )


async def test_those_that_are_active_are_offered_the_smallest_first(database: Database) -> None:
    large, small = await make(database, 500), await make(database, 5)
    hidden = await make(database, 50, active=False)
    async with database.transaction() as tx:
        assert await packs.offered(tx, 10) == [small, large]
        assert await packs.offered(tx, 1) == [small]
        assert await packs.list_packs(tx, before=None, limit=10) == [hidden, small, large]
        assert await packs.list_packs(tx, before=small.id, limit=10) == [large]
        changed = await packs.change(tx, small.id, {"active": False, "name": "Old"})
        assert (changed.active, changed.name, changed.credits) == (False, "Old", 5)
        assert await packs.offered(tx, 10) == [large]
        assert await packs.take(tx, small.id) == await packs.find(tx, small.id) == changed


async def test_one_that_is_removed_is_gone(database: Database) -> None:
    pack = await make(database, 5)
    async with database.transaction() as tx:
        assert await packs.remove(tx, pack.id) == pack
        assert await packs.remove(tx, pack.id) is None
        assert await packs.find(tx, UUID(int=7)) is None
