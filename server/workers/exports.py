"""Makes the archives that users ask for, one at a time in a process, and clears expired ones away.

Whoever makes one renews its row; an archive whose maker has died is begun anew by somebody else.
"""

import asyncio
import logging
import tempfile
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from server.domain.clock import Clock
from server.domain.errors import AppError
from server.domain.ids import BootId
from server.failpoints import reach
from server.media.archives import KEPT, Archives
from server.media.storage import MediaStorage
from server.persistence import exports
from server.persistence.database import Database, Tx
from server.persistence.exports import Export, ExportState
from server.telemetry.logs import fields
from server.workers.archive import Progress, write_archive

log = logging.getLogger(__name__)

LOOK_S = 2.0
RENEW_S = 3.0
SWEEP_S = 3600.0

LET_GO_S = 2.0
"""When the process ends, nothing may keep it for long."""


class Exporter:
    """``run`` is the body of a task."""

    def __init__(
        self,
        database: Database,
        archives: Archives,
        storage: MediaStorage,
        *,
        boot: BootId,
        clock: Clock,
    ) -> None:
        self._database = database
        self._archives = archives
        self._storage = storage
        self._boot = boot
        self._clock = clock

    async def run(self) -> None:
        """Look, make, sweep, for ever; outages are waited out."""
        now = asyncio.get_running_loop().time
        swept_at = now() - SWEEP_S
        while True:
            try:
                while await self.make_next():
                    pass
                if now() - swept_at >= SWEEP_S:
                    swept_at = now()
                    await self._archives.sweep()
            except (AppError, SQLAlchemyError) as error:
                log.warning("exports.not_looked", extra=fields(error=repr(error)))
            await asyncio.sleep(LOOK_S)

    async def make_next(self) -> bool:
        """Make the oldest that waits. False: none does.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._database.transaction() as tx:
            export = await exports.claim(tx, self._boot)
        if export is None:
            return False
        told = fields(id=str(export.id), user=str(export.user_id))
        if export.state is ExportState.FAILED:
            log.error("export.failed", extra=told)
            return True
        reach("export.claimed")
        try:
            if not await self._make(export):
                # Dismissed, or somebody else's by now: what we have written of it may go.
                await self._let_go(export)
                await self._archives.clear(export.user_id)
        except asyncio.CancelledError:
            await self._let_go(export)
            raise
        except Exception:  # it is tried again, by whoever looks when it has not been renewed
            log.exception("export.not_made", extra=told)
        return True

    async def _make(self, export: Export) -> bool:
        """False: it is not ours any more."""
        progress = Progress()
        making = asyncio.create_task(self._write(export, progress))
        try:
            while not (await asyncio.wait({making}, timeout=RENEW_S))[0]:
                if not await self._renew(export, progress):
                    return False
            return making.result()
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    async def _write(self, export: Export, progress: Progress) -> bool:
        with tempfile.TemporaryFile() as file:
            await write_archive(file, self._database, self._storage, export.user_id, progress)
            size = file.tell()
            await self._archives.put(export.id, file)
        reach("export.stored")
        expires = self._clock() + KEPT

        async def end(tx: Tx) -> bool:
            return await exports.end(
                tx,
                export.id,
                self._boot,
                done=progress.done,
                total=progress.total,
                size=size,
                expires=expires,
            )

        return await self._database.run(end)

    async def _renew(self, export: Export, progress: Progress) -> bool:
        async def renew(tx: Tx) -> bool:
            return await exports.renew(
                tx, export.id, self._boot, done=progress.done, total=progress.total
            )

        try:
            return await self._database.single(renew)
        except (AppError, SQLAlchemyError):
            return True  # nobody else can have taken it meanwhile

    async def _let_go(self, export: Export) -> None:
        """So that nobody waits for our death before going on with it."""
        with suppress(AppError, SQLAlchemyError, TimeoutError):
            async with asyncio.timeout(LET_GO_S):
                async with self._database.transaction() as tx:
                    await exports.let_go(tx, export.id, self._boot)
