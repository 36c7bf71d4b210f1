"""An export as its user sees it, and what becomes of its bytes."""

import io
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from server.domain.clock import utc_now
from server.domain.errors import Conflict, NotFound, RateLimited
from server.domain.ids import new_id
from server.media.archives import EVERY, KEPT, Archives
from server.media.storage import open_storage
from server.persistence import exports
from server.persistence.database import Database
from server.settings import load
from tests.server.accounts.people import TurnedClock, somebody


class Desk:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.clock = database, TurnedClock(utc_now())
        self.folder = folder / "media"
        storage = open_storage(load({}), folder)
        self.archives = Archives(database, storage, clock=self.clock)

    async def make(self, user: UUID, content: bytes = b"PK") -> UUID:
        """One that is ready."""
        export, boot = await self.archives.ask(user), new_id()
        async with self.database.transaction() as tx:
            await exports.claim(tx, boot)
        await self.archives.put(export.id, io.BytesIO(content))
        async with self.database.transaction() as tx:
            assert await exports.end(
                tx, export.id, boot, done=1, total=1, size=2, expires=self.clock() + KEPT
            )
        return export.id

    def files(self) -> list[str]:
        return [path.name for path in self.folder.iterdir()]


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path)


async def test_the_open_one_is_found_and_a_new_one_is_made_once_a_day(desk: Desk) -> None:
    user = await somebody(desk.database)
    first = await desk.archives.ask(user)
    assert (await desk.archives.ask(user)).id == first.id
    with pytest.raises(Conflict):
        await desk.archives.open(first.id, user)
    await desk.archives.remove(user, first.id)
    made = RateLimited("")
    try:
        await desk.archives.ask(user)
    except RateLimited as error:
        made = error
    assert made.retry_after is not None
    assert 86_000 < made.retry_after <= EVERY.total_seconds()
    desk.clock.turn(days=1, seconds=1)
    assert (await desk.archives.ask(user)).id != first.id


async def test_its_bytes_are_given_to_its_user_with_their_own_length(desk: Desk) -> None:
    user, other = await somebody(desk.database), await somebody(desk.database, "bob@example.com")
    export = await desk.make(user, b"PK of another length")
    for _ in range(2):
        found, size, pieces = await desk.archives.open(export, user)
        assert (found.id, size) == (export, 20)
        assert b"".join([piece async for piece in pieces]) == b"PK of another length"
    with pytest.raises(NotFound):
        await desk.archives.open(export, other)
    with pytest.raises(NotFound):
        await desk.archives.remove(other, export)


async def test_it_goes_with_its_week_bytes_and_row(desk: Desk) -> None:
    user = await somebody(desk.database)
    export = await desk.make(user)
    desk.clock.turn(days=6)
    await desk.archives.sweep()
    assert desk.files() == [str(export)]
    desk.clock.turn(days=2)
    with pytest.raises(NotFound):
        await desk.archives.open(export, user)
    await desk.archives.sweep()
    assert desk.files() == []
    async with desk.database.snapshot() as tx:
        assert await exports.newest(tx, user) is None


async def test_a_removed_one_loses_its_bytes_at_once_and_its_row_after_a_day(desk: Desk) -> None:
    user = await somebody(desk.database)
    export = await desk.make(user)
    await desk.archives.remove(user, export)
    assert desk.files() == []
    for days, is_there in ((0, True), (1.01, False)):
        desk.clock.turn(days=days)
        await desk.archives.sweep()
        async with desk.database.snapshot() as tx:
            assert (await exports.newest(tx, user) is not None) is is_there


async def test_bytes_that_cannot_be_removed_are_removed_later(desk: Desk) -> None:
    user = await somebody(desk.database)
    export = await desk.make(user)
    (desk.folder / str(export)).unlink()
    (desk.folder / str(export)).mkdir()
    (desk.folder / str(export) / "x").touch()
    desk.clock.turn(days=8)
    await desk.archives.sweep()
    async with desk.database.snapshot() as tx:
        assert await exports.left(tx) == [export]
    (desk.folder / str(export) / "x").unlink()
    (desk.folder / str(export)).rmdir()
    await desk.archives.sweep()
    async with desk.database.snapshot() as tx:
        assert await exports.left(tx) == []


def test_a_week_is_longer_than_the_day_between_two() -> None:
    assert EVERY < KEPT == timedelta(days=7)
