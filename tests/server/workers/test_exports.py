"""Who asks for an export gets one, whoever dies over it, and nobody makes one that nobody wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from server.domain.ids import BootId, new_id
from server.media.archives import Archives
from server.media.storage import open_storage
from server.persistence import exports
from server.persistence.database import Database
from server.persistence.exports import ATTEMPTS, Export, ExportState
from server.settings import load
from server.workers.exports import Exporter
from tests.server.accounts.people import TurnedClock, somebody
from tests.support.eventually import eventually


class Shop:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder / "media"
        self.clock = TurnedClock()
        self.storage = open_storage(load({}), folder)
        self.archives = Archives(database, self.storage, clock=self.clock)

    def exporter(self) -> Exporter:
        boot = BootId(new_id())
        return Exporter(self.database, self.archives, self.storage, boot=boot, clock=self.clock)

    def files(self) -> list[str]:
        return [path.name for path in self.folder.iterdir()]

    async def stands(self, export: UUID) -> tuple[str, int]:
        """State and attempts."""
        async with self.database.snapshot() as tx:
            query = text("SELECT state, attempts FROM exports WHERE id = :id")
            row = (await tx.execute(query, {"id": export})).one()
        return row.state, row.attempts

    async def change(self, query: str) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(text(query))

    @asynccontextmanager
    async def being_made(self, export: Export) -> AsyncIterator["asyncio.Task[bool]"]:
        """Held up in the middle, for less than what waits for a lock has patience."""
        async with self.database.transaction() as tx:
            await tx.execute(text("LOCK TABLE presets IN ACCESS EXCLUSIVE MODE"))
            making = asyncio.create_task(self.exporter().make_next())

            async def has_begun() -> bool:
                return await self.stands(export.id) == ("working", 1)

            await eventually(has_begun)
            yield making


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr("server.workers.exports.RENEW_S", 0.05)
    return Shop(database, tmp_path)


async def asked(shop: Shop) -> Export:
    return await shop.archives.ask(await somebody(shop.database))


async def test_what_waits_is_made_and_then_there_is_nothing_to_do(shop: Shop) -> None:
    export = await asked(shop)
    assert await shop.exporter().make_next()
    assert not await shop.exporter().make_next()
    found, size, _ = await shop.archives.open(export.id, export.user_id)
    assert (found.state, found.size) == (ExportState.READY, size)
    assert shop.files() == [str(export.id)]


async def test_one_that_is_dismissed_meanwhile_is_left_and_nothing_of_it_stays(
    shop: Shop,
) -> None:
    export = await asked(shop)
    async with shop.being_made(export) as making:
        await shop.archives.remove(export.user_id, export.id)
        assert await making
    assert shop.files() == []
    assert (await shop.stands(export.id))[0] == "leaving"
    async with shop.database.snapshot() as tx:
        assert await exports.left(tx) == [export.id]


async def test_one_that_somebody_else_has_taken_over_is_theirs(shop: Shop) -> None:
    export = await asked(shop)
    async with shop.being_made(export) as making:
        await shop.change("UPDATE exports SET boot_id = gen_random_uuid(), attempts = 2")
        assert await making
    assert await shop.stands(export.id) == ("working", 2)
    assert shop.files() == []


async def test_a_process_that_ends_gives_it_to_the_next_at_once(shop: Shop) -> None:
    export = await asked(shop)
    async with shop.being_made(export) as making:
        making.cancel()
        await asyncio.wait({making})
        assert making.cancelled()
    assert await shop.stands(export.id) == ("waiting", 0)
    assert await shop.exporter().make_next()
    assert await shop.stands(export.id) == ("ready", 1)


async def test_one_that_cannot_be_made_is_tried_again_and_then_given_up(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    export = await asked(shop)
    await shop.change("ALTER TABLE presets RENAME TO away")
    try:
        for attempt in range(1, ATTEMPTS + 1):
            assert await shop.exporter().make_next()
            assert await shop.stands(export.id) == ("working", attempt)
            assert not await shop.exporter().make_next()
            await shop.change("UPDATE exports SET changed_at = now() - interval '2 min'")
        assert await shop.exporter().make_next()
    finally:
        await shop.change("ALTER TABLE away RENAME TO presets")
    assert (await shop.stands(export.id))[0] == "failed"
    assert caplog.text.count("export.not_made") == ATTEMPTS
    assert caplog.text.count("export.failed") == 1
    assert shop.files() == []
    assert (await shop.archives.ask(export.user_id)).id != export.id


async def test_it_looks_makes_and_sweeps_by_itself(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.workers.exports.LOOK_S", 0.05)
    monkeypatch.setattr("server.workers.exports.SWEEP_S", 0.1)
    export = await asked(shop)
    running = asyncio.create_task(shop.exporter().run())

    async def is_made() -> bool:
        return await shop.stands(export.id) == ("ready", 1)

    await eventually(is_made)
    assert shop.files() == [str(export.id)]
    await shop.change("UPDATE exports SET expires_at = now() - interval '9 years'")
    await eventually(lambda: shop.files() == [])
    running.cancel()
    await asyncio.wait({running})
