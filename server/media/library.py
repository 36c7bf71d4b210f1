"""Uploads from their first byte to their last reader, and what a crash leaves of them.

An upload lies in a file without a name until it is known to be good. Then comes its row, then its
bytes, then the row says that they are there. Whoever dies in between leaves a row that says so, and
within an hour or two some process clears it away with whatever bytes there are.
"""

import asyncio
import logging
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import AppError, NotFound, RateLimited, ServiceUnavailable, TooLarge
from server.domain.ids import new_id
from server.media.inspection import Content, Inspection
from server.media.names import clean
from server.media.storage import MediaStorage
from server.persistence import media as rows
from server.persistence.database import Database
from server.persistence.media import Media, NewMedia
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

BLOCK_BYTES = 256 * 1024
"""Looked at and written at once: enough to know what a file is, little enough for one thread."""

UPLOADS_AT_ONCE = 8
"""Of one user in one process: what a browser opens to one server."""

SWEEP_S = 3600.0
LEFT_AFTER = timedelta(hours=1)
"""Writing a file takes a minute at most; who has not come back by then will not."""

SWEEP_ROWS = 100
GONE = "There is no such media."


class MediaLimits(Struct, frozen=True, kw_only=True):
    """Bytes of one file, and of all that a user keeps; pixels of one picture."""

    upload_bytes: int
    user_bytes: int
    pixels: int


class MediaLibrary:
    """Takes in, gives out, removes. ``storage`` has the bytes."""

    def __init__(self, database: Database, storage: MediaStorage, limits: MediaLimits) -> None:
        self._database = database
        self.storage = storage
        self.limits = limits
        self._uploading: Counter[UUID] = Counter()

    async def take(
        self,
        user: UUID,
        workspace: UUID,
        chunks: AsyncIterator[bytes],
        *,
        name: str,
        declared: str,
    ) -> Media:
        """Read ``chunks`` to their end and keep them. ``name`` and ``declared`` (a content type)
        are what the client says; the bytes decide.

        Raises:
            Invalid, UnsupportedMedia, TooLarge: it cannot be taken; nothing is left of it.
            RateLimited: this user uploads too much at once.
            ServiceUnavailable: database or storage do not answer, or the disk is full.
        """
        with self._place(user), _room(), tempfile.TemporaryFile() as file:
            content = await self._receive(chunks, file, Inspection(declared, name))
            new = NewMedia(
                id=new_id(),
                user_id=user,
                workspace_id=workspace,
                kind=content.kind,
                media_type=content.media_type,
                size=content.size,
                sha256=content.sha256,
                name=clean(name, content.kind),
                width=content.width,
                height=content.height,
            )
            return await self._keep(new, file)

    async def open(self, media: UUID) -> AsyncIterator[bytes]:
        """The bytes of what was found. Raises ServiceUnavailable."""
        return await self.storage.open(media)

    async def read(self, media: UUID) -> bytes:
        """All bytes of what was found. Raises ServiceUnavailable."""
        return await self.storage.read(media)

    async def remove(self, user: UUID, media: UUID) -> None:
        """Raises NotFound: this user has no such media."""
        async with self._database.transaction() as tx:
            if not await rows.dismiss(tx, media, user):
                raise NotFound(GONE)
        await self.clear(media)

    async def run(self) -> None:
        """Clear away what was left, hourly, for ever."""
        while True:
            try:
                while await self.sweep(LEFT_AFTER) == SWEEP_ROWS:
                    pass
            except (AppError, SQLAlchemyError) as error:
                log.warning("media.not_swept", extra=fields(error=repr(error)))
            await asyncio.sleep(SWEEP_S)

    async def sweep(self, age: timedelta) -> int:
        """Clear away what somebody should have kept or removed ``age`` ago; how much it was."""
        async with self._database.transaction() as tx:
            left = await rows.dismiss_left(tx, age, SWEEP_ROWS)
        for media in left:
            await self.clear(media)
        if left:
            log.info("media.swept", extra=fields(count=len(left)))
        return len(left)

    @contextmanager
    def _place(self, user: UUID) -> Iterator[None]:
        if self._uploading[user] >= UPLOADS_AT_ONCE:
            raise RateLimited(
                f"{UPLOADS_AT_ONCE} files may be uploaded at once.",
                retry_after=1,
                metadata={"limit": UPLOADS_AT_ONCE, "scope": "uploads"},
            )
        self._uploading[user] += 1
        try:
            yield
        finally:
            self._uploading[user] -= 1
            if not self._uploading[user]:
                del self._uploading[user]

    async def _receive(
        self, chunks: AsyncIterator[bytes], file: BinaryIO, inspection: Inspection
    ) -> Content:
        """Into ``file``, in threads: disks block, and so do hashes of many megabytes."""
        most, size, block = self.limits.upload_bytes, 0, bytearray()

        def take() -> None:
            inspection.feed(bytes(block))
            file.write(block)
            block.clear()

        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise TooLarge(
                    f"A file may have {most} bytes.", metadata={"limit": most, "scope": "upload"}
                )
            block += chunk
            if len(block) >= BLOCK_BYTES:
                await asyncio.to_thread(take)
        if block:
            await asyncio.to_thread(take)
        file.flush()
        return await asyncio.to_thread(inspection.end, file, self.limits.pixels)

    async def _keep(self, new: NewMedia, file: BinaryIO) -> Media:
        async with self._database.transaction() as tx:
            had = await rows.total_bytes(tx, new.user_id)
            if had + new.size > self.limits.user_bytes:
                raise TooLarge(
                    "Your uploads would take more room than you have; delete some.",
                    metadata={"limit": self.limits.user_bytes, "used": had, "scope": "user"},
                )
            await rows.add(tx, new)
        try:
            await self.storage.put(new.id, file)
            async with self._database.transaction() as tx:
                kept = await rows.keep(tx, new.id)
            if kept is None:
                raise ServiceUnavailable("Keeping the file took too long.")
        except AppError:
            await self._discard(new)
            raise
        return kept

    async def _discard(self, new: NewMedia) -> None:
        """At once, where that is possible: the user's room is free again."""
        try:
            async with self._database.transaction() as tx:
                await rows.dismiss(tx, new.id, new.user_id)
        except (AppError, SQLAlchemyError):
            return  # the sweep finds it
        await self.clear(new.id)

    async def clear(self, media: UUID) -> bool:
        """Bytes, then the row that names them: of what was dismissed. What fails here (False), the
        sweep does again."""
        try:
            await self.storage.remove(media)
            async with self._database.transaction() as tx:
                await rows.forget(tx, media)
        except (AppError, SQLAlchemyError) as error:
            log.warning("media.not_cleared", extra=fields(media=str(media), error=repr(error)))
            return False
        return True


@contextmanager
def _room() -> Iterator[None]:
    """Outside of the file: closing it fails once more where there is no room for the rest."""
    try:
        yield
    except ConnectionError:
        raise  # the client's, not the disk's
    except OSError as error:
        log.error("media.no_room", extra=fields(error=repr(error)))
        raise ServiceUnavailable("There is no room for the file at present.") from error
