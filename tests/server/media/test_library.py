"""An upload is there whole or leaves nothing: no row, no bytes, no file."""

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from server.domain.errors import (
    Invalid,
    NotFound,
    RateLimited,
    ServiceUnavailable,
    TooLarge,
    UnsupportedMedia,
)
from server.media.library import BLOCK_BYTES, UPLOADS_AT_ONCE, MediaLibrary, MediaLimits
from server.media.storage import FOLDER, open_storage
from server.mediasettings import MediaSettings
from server.persistence.database import Database
from server.persistence.media import Media, MediaRow, MediaState, find
from tests.server.accounts.people import person, somebody
from tests.support.eventually import eventually
from tests.support.pictures import png

LIMITS = MediaLimits(upload_bytes=1_000_000, user_bytes=1_500_000, pixels=10_000)
NOW = timedelta(0)


class Shelf:
    """A library of one user with its folder in sight."""

    def __init__(self, database: Database, folder: Path, user: UUID, workspace: UUID) -> None:
        self.database, self.user, self.workspace = database, user, workspace
        self.folder = folder / FOLDER
        self.library = MediaLibrary(database, open_storage(MediaSettings(), folder), LIMITS)

    async def take(self, *chunks: bytes, name: str = "x.txt", declared: str = "") -> Media:
        async def arriving() -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk

        return await self.take_from(arriving(), name=name, declared=declared)

    async def take_from(
        self, chunks: AsyncIterator[bytes], *, name: str = "x.txt", declared: str = ""
    ) -> Media:
        return await self.library.take(
            self.user, self.workspace, chunks, name=name, declared=declared
        )

    async def rows(self) -> int:
        async with self.database.snapshot() as tx:
            return int(await tx.scalar(select(func.count()).select_from(MediaRow)) or 0)

    async def is_empty(self) -> bool:
        return not list(self.folder.iterdir()) and await self.rows() == 0


@pytest.fixture
async def shelf(database: Database, tmp_path: Path) -> Shelf:
    workspace = person().workspace_id
    user = await somebody(database, workspace_id=workspace)
    return Shelf(database, tmp_path, user, workspace)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that takes no file: another one stands in its place."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_bytes(b"in the way")
    try:
        yield
    finally:
        folder.unlink()
        aside.rename(folder)


async def test_what_was_taken_is_described_found_read_and_removed(shelf: Shelf) -> None:
    data = png(20, 10, padding=BLOCK_BYTES)
    taken = await shelf.take(data[:7], data[7:], name="../cat.png", declared="image/png")
    assert (taken.name, taken.kind, taken.media_type) == ("cat.png", "image", "image/png")
    assert (taken.size, taken.width, taken.height) == (len(data), 20, 10)
    async with shelf.database.snapshot() as tx:
        assert await find(tx, taken.id, shelf.user) == taken
    assert await shelf.library.read(taken.id) == data
    assert b"".join([piece async for piece in await shelf.library.open(taken.id)]) == data
    with pytest.raises(NotFound):
        await shelf.library.remove(shelf.workspace, taken.id)
    await shelf.library.remove(shelf.user, taken.id)
    assert await shelf.is_empty()
    with pytest.raises(NotFound):
        await shelf.library.remove(shelf.user, taken.id)


async def test_what_cannot_be_taken_leaves_nothing(shelf: Shelf) -> None:
    for chunks, kind in (
        ((), Invalid),
        ((b"MZ\0\0",), UnsupportedMedia),
        ((b"x" * 600_000, b"\0", b"x"), UnsupportedMedia),
        ((png()[:-1],), UnsupportedMedia),
        ((png(2_000, 2_000),), UnsupportedMedia),
    ):
        with pytest.raises(kind):
            await shelf.take(*chunks)
        assert await shelf.is_empty()


async def test_nobody_reads_on_once_it_is_too_large(shelf: Shelf) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100_000
            yield b"x" * 100_000

    with pytest.raises(TooLarge) as refused:
        await shelf.take_from(endless())
    assert (sent, refused.value.metadata["limit"]) == (1_100_000, LIMITS.upload_bytes)
    assert await shelf.is_empty()


async def test_a_type_that_is_wrong_is_refused_before_the_rest_has_come(shelf: Shelf) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b"\0" * BLOCK_BYTES
        raise AssertionError("read on")

    with pytest.raises(UnsupportedMedia):
        await shelf.take_from(half())


async def test_an_upload_that_breaks_off_leaves_nothing(shelf: Shelf) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield b"x" * BLOCK_BYTES
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await shelf.take_from(cut())
    assert await shelf.is_empty()


async def test_a_user_has_so_much_room_and_gets_it_back(shelf: Shelf) -> None:
    first = await shelf.take(b"x" * 900_000)
    with pytest.raises(TooLarge) as refused:
        await shelf.take(b"x" * 900_000)
    assert refused.value.metadata == {"limit": 1_500_000, "used": 900_000, "scope": "user"}
    await shelf.library.remove(shelf.user, first.id)
    await shelf.take(b"x" * 900_000)


async def test_one_user_uploads_so_many_at_once(shelf: Shelf) -> None:
    go = asyncio.Event()

    async def waiting() -> AsyncIterator[bytes]:
        yield b"x"
        await go.wait()

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(shelf.take_from(waiting())) for _ in range(UPLOADS_AT_ONCE)]
        await asyncio.sleep(0)
        with pytest.raises(RateLimited):
            await shelf.take(b"x")
        go.set()
    assert len({task.result().id for task in running}) == UPLOADS_AT_ONCE
    await shelf.take(b"x")


async def test_a_storage_that_fails_keeps_no_row_longer_than_it_must(shelf: Shelf) -> None:
    with read_only(shelf.folder), pytest.raises(ServiceUnavailable):
        await shelf.take(b"x")
    # Its bytes could not be removed either, so a row still names them, for the sweep.
    assert await shelf.rows() == 1
    assert await shelf.library.sweep(timedelta(hours=1)) == 0
    assert await shelf.library.sweep(NOW) == 1
    assert await shelf.is_empty()


async def test_a_removal_is_ended_by_the_sweep_where_the_storage_was_away(shelf: Shelf) -> None:
    taken = await shelf.take(b"x")
    with read_only(shelf.folder):
        await shelf.library.remove(shelf.user, taken.id)
        async with shelf.database.snapshot() as tx:
            assert await find(tx, taken.id, shelf.user) is None
    assert os.listdir(shelf.folder) == [str(taken.id)]
    await shelf.library.sweep(NOW)
    assert await shelf.is_empty()


async def test_what_a_killed_process_left_goes_when_another_looks(shelf: Shelf) -> None:
    """A row that says it is arriving, with bytes behind it, or with half of them."""
    kept = await shelf.take(b"x")
    left = [await shelf.take(b"x"), await shelf.take(b"x")]
    async with shelf.database.transaction() as tx:
        await tx.execute(
            update(MediaRow)
            .where(MediaRow.id != kept.id)
            .values(state=MediaState.ARRIVING, changed_at=func.now() - timedelta(hours=2))
        )
    half = shelf.folder / str(left[1].id)
    half.rename(half.with_name(f"{half.name}#1"))
    looking = asyncio.create_task(shelf.library.run())

    async def is_clear() -> bool:
        return os.listdir(shelf.folder) == [str(kept.id)] and await shelf.rows() == 1

    await eventually(is_clear)
    looking.cancel()
    assert await shelf.library.read(kept.id) == b"x"


async def test_a_full_disk_is_told_as_such_and_leaves_nothing(shelf: Shelf) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (BLOCK_BYTES, before[1]))
    try:
        with pytest.raises(ServiceUnavailable, match="no room"):
            await shelf.take(b"a" * BLOCK_BYTES, b"b" * BLOCK_BYTES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert await shelf.is_empty()
    assert (await shelf.take(b"text")).size == 4
