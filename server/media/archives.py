"""Exports as their users see them: asked for, downloaded, removed. Who makes them is elsewhere."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from server.domain.clock import Clock
from server.domain.errors import AppError, Conflict, NotFound, RateLimited
from server.domain.ids import new_id
from server.media.storage import MediaStorage
from server.persistence import exports
from server.persistence.database import Database, Tx
from server.persistence.exports import Export, ExportState
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
EVERY = timedelta(days=1)
"""A user may ask for one that often, whatever became of the one before but a failure of ours."""

PUT_S = 3600.0
"""For the storage to take an archive: uploads of gigabytes may be in it."""

GONE = "There is no such export."


class Archives:
    """``storage`` has the bytes."""

    def __init__(self, database: Database, storage: MediaStorage, *, clock: Clock) -> None:
        self._database = database
        self._storage = storage
        self._clock = clock

    async def ask(self, user: UUID) -> Export:
        """A new one, or the one that is being made.

        Raises:
            RateLimited: the last one was asked for less than a day ago.
            ServiceUnavailable: the database does not answer.
        """
        export, now = new_id(), self._clock()

        async def work(tx: Tx) -> Export:
            made = await exports.ask(tx, export, user, now, every=EVERY, kept=KEPT)
            found = made or await exports.newest(tx, user)
            if found is None:
                raise NotFound(GONE)  # it has ended in this very moment
            if made is None and not found.is_open:
                again = found.created_at + EVERY
                raise RateLimited(
                    "An export of your data can be made once a day.",
                    retry_after=max(1.0, (again - now).total_seconds()),
                    metadata={"limit": 1, "scope": "exports", "resetsAt": again.isoformat()},
                )
            return found

        return await self._database.run(work)

    async def open(self, export: UUID, user: UUID) -> tuple[Export, int, AsyncIterator[bytes]]:
        """One that is ready, its size in bytes, and these.

        Raises:
            NotFound: this user has no such export, or not any more.
            Conflict: it is not ready.
            ServiceUnavailable: database or storage do not answer.
        """
        async with self._database.snapshot() as tx:
            found = await exports.find(tx, export, user)
        if found is None or found.expires_at <= self._clock():
            raise NotFound(GONE)
        if found.state is not ExportState.READY:
            raise Conflict("This export is not ready.", metadata={"state": found.state.value})
        size, pieces = await self._storage.measure(export)
        return found, size, pieces

    async def put(self, export: UUID, file: BinaryIO) -> None:
        """Raises ServiceUnavailable."""
        await self._storage.put(export, file, within_s=PUT_S)

    async def remove(self, user: UUID, export: UUID) -> None:
        """Raises NotFound: this user has no such export."""
        async with self._database.transaction() as tx:
            if not await exports.dismiss(tx, user, export):
                raise NotFound(GONE)
        await self.clear(user)

    async def sweep(self) -> None:
        """Clear away what has expired, and what was left.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._database.transaction() as tx:
            await exports.dismiss_expired(tx, self._clock())
        await self.clear()

    async def clear(self, user: UUID | None = None) -> None:
        """Bytes, then rows, of what was dismissed: of one user, or of all. What fails here, the
        sweep does again.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._database.snapshot() as tx:
            left = await exports.left(tx, user)
        for export in left:
            try:
                await self._storage.remove(export)
                async with self._database.transaction() as tx:
                    await exports.forget(tx, export, self._clock() - EVERY)
            except (AppError, SQLAlchemyError) as error:
                log.warning("export.not_cleared", extra=fields(id=str(export), error=repr(error)))
