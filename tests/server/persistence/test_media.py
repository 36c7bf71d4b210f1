"""Media is seen once it is kept, by its owner alone, until it is dismissed."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from server.domain.ids import new_id
from server.persistence import media
from server.persistence.database import Database
from server.persistence.media import Media, NewMedia
from tests.server.accounts.people import person, somebody

NOW = timedelta(0)
HOUR = timedelta(hours=1)


async def uploader(database: Database) -> tuple[UUID, UUID]:
    """A user and their workspace."""
    workspace = person().workspace_id
    return await somebody(database, f"{new_id()}@example.com", workspace_id=workspace), workspace


def upload(owner: tuple[UUID, UUID], size: int = 10) -> NewMedia:
    return NewMedia(
        id=new_id(),
        user_id=owner[0],
        workspace_id=owner[1],
        kind="image",
        media_type="image/png",
        size=size,
        sha256=b"\x01" * 32,
        name="cat.png",
        width=4,
        height=3,
    )


async def kept(database: Database, owner: tuple[UUID, UUID], size: int = 10) -> Media:
    new = upload(owner, size)
    async with database.transaction() as tx:
        await media.add(tx, new)
        found = await media.keep(tx, new.id)
    assert found is not None
    return found


async def test_it_is_there_once_it_is_kept_and_for_its_owner_alone(database: Database) -> None:
    ada, bob = await uploader(database), await uploader(database)
    new = upload(ada)
    async with database.transaction() as tx:
        await media.add(tx, new)
        assert await media.find(tx, new.id, ada[0]) is None
        found = await media.keep(tx, new.id)
        assert found is not None
        assert (found.name, found.size, found.width, found.height) == ("cat.png", 10, 4, 3)
        assert await media.keep(tx, new.id) is None
        assert await media.find(tx, new.id, ada[0]) == found
        assert await media.find(tx, new.id, bob[0]) is None
        assert await media.find_all(tx, [new.id, new_id()], ada[0]) == {new.id: found}
        assert await media.dismiss(tx, new.id, bob[0]) is False
        assert await media.dismiss(tx, new.id, ada[0]) is True
        assert await media.dismiss(tx, new.id, ada[0]) is False
        assert await media.find(tx, new.id, ada[0]) is None
        assert await media.keep(tx, new.id) is None


async def test_room_is_taken_from_the_announcement_to_the_dismissal(database: Database) -> None:
    ada = await uploader(database)
    first = await kept(database, ada, 10)
    await kept(database, await uploader(database), 1_000)
    async with database.transaction() as tx:
        await media.add(tx, upload(ada, 5))
        assert await media.total_bytes(tx, ada[0]) == 15
        await media.dismiss(tx, first.id, ada[0])
        assert await media.total_bytes(tx, ada[0]) == 5
        assert await media.total_bytes(tx, new_id()) == 0


async def test_what_was_left_is_dismissed_and_forgotten_and_nothing_else(
    database: Database,
) -> None:
    ada = await uploader(database)
    stays = await kept(database, ada)
    leaving = await kept(database, ada)
    arriving = upload(ada)
    async with database.transaction() as tx:
        await media.add(tx, arriving)
        await media.dismiss(tx, leaving.id, ada[0])
        assert await media.dismiss_left(tx, HOUR, 10) == []
    async with database.transaction() as tx:
        assert len(await media.dismiss_left(tx, NOW, 1)) == 1
    async with database.transaction() as tx:
        left = await media.dismiss_left(tx, NOW, 10)
        assert set(left) == {leaving.id, arriving.id}
        assert await media.keep(tx, arriving.id) is None
        for id_ in (*left, stays.id):
            await media.forget(tx, id_)
        assert await media.dismiss_left(tx, NOW, 10) == []
        assert await media.find(tx, stays.id, ada[0]) == stays


async def test_the_sweep_reads_an_index_of_what_is_left_alone(database: Database) -> None:
    async with database.transaction() as tx:
        # Of a table that is known to be empty any index would do: now nothing is known.
        await tx.execute(text("TRUNCATE media CASCADE"))
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await tx.execute(
            text(f"EXPLAIN SELECT id FROM media WHERE {media.UNSETTLED} AND changed_at <= now()")
        )
        assert "ix_media_unsettled" in "\n".join(plan.scalars())
