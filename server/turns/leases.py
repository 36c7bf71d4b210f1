"""Who runs a turn, and who ends it if that one dies: each process renews one lease."""

import asyncio
import logging
import os
import socket

from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import AppError
from server.domain.ids import BootId
from server.persistence import workers
from server.persistence.database import Database
from server.persistence.workers import STEADY_S
from server.telemetry.logs import fields
from server.turns.reaper import Reaper
from server.turns.watch import Watch

log = logging.getLogger(__name__)

BEAT_S = 3.0
TTL_S = 15.0

RENEW_S = 4.0
"""Deadline of one renewal: two that get no answer fit into a lease's life, and a third."""

AGAIN_S = 0.5
"""After a renewal that failed: a lease is worth more attempts than one every heartbeat."""


class Leases:
    """The lease of this process: ``keep_renewing`` and ``keep_looking`` are tasks of their own, for
    however many turns there are to end, the next renewal must be in time."""

    def __init__(self, database: Database, reaper: Reaper, watch: Watch, boot: BootId) -> None:
        self._database = database
        self._reaper = reaper
        self._watch = watch
        self._boot = boot
        self._renewed = asyncio.Event()
        self.draining = False

    async def take(self, role: str = "web") -> None:
        async with self._database.transaction() as tx:
            await workers.register(
                tx, boot=self._boot, role=role, host=socket.gethostname(), pid=os.getpid()
            )

    async def leave(self) -> None:
        async with self._database.transaction() as tx:
            await workers.leave(tx, self._boot)

    async def keep_renewing(self) -> None:
        """Renew the lease, for ever; an outage is waited out."""
        pause = BEAT_S
        while True:
            await asyncio.sleep(pause)
            try:
                async with asyncio.timeout(RENEW_S):
                    await self.renew()
            except (AppError, SQLAlchemyError, TimeoutError) as error:
                log.warning("lease.not_renewed", extra=fields(error=repr(error)))
                pause = AGAIN_S
            except Exception:
                log.exception("lease.crashed")
                pause = AGAIN_S
            else:
                self._renewed.set()
                pause = BEAT_S

    async def keep_looking(self) -> None:
        """Look after each renewal, for ever."""
        while True:
            await self._renewed.wait()
            self._renewed.clear()
            try:
                await self.look()
            except (AppError, SQLAlchemyError) as error:
                log.warning("lease.not_looked", extra=fields(error=repr(error)))
            except Exception:
                log.exception("lease.crashed")

    async def beat(self) -> None:
        """One heartbeat: renew, then look.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        await self.renew()
        await self.look()

    async def renew(self) -> None:
        """Say that this process lives. If that comes late, the database was away, or this process
        was (frozen, or its machine asleep).

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._database.transaction() as tx:
            age_s = await workers.beat(tx, self._boot, draining=self.draining)
        if age_s is None:
            await self.take()
        elif age_s > STEADY_S:
            log.warning("lease.renewed_late", extra=fields(age_s=round(age_s, 1)))

    async def look(self) -> None:
        """Look after our own turns, and end those of processes that renew no more.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        await self._watch.look()
        await self._reaper.reap(TTL_S)

    async def reap(self, *, all_others: bool = False) -> int:
        """End the turns of dead processes; answers how many. ``all_others``: this process knows
        that it is the only one (local engines), so whatever is not its own is dead."""
        return await self._reaper.reap(None if all_others else TTL_S)
