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
from server.telemetry.logs import fields
from server.turns.reaper import Reaper
from server.turns.watch import Watch

log = logging.getLogger(__name__)

BEAT_S = 3.0
TTL_S = 15.0


class Leases:
    """The lease of this process; with each renewal it looks after its own turns and others'."""

    def __init__(self, database: Database, reaper: Reaper, watch: Watch, boot: BootId) -> None:
        self._database = database
        self._reaper = reaper
        self._watch = watch
        self._boot = boot
        self._judges_from = 0.0
        self.draining = False

    async def take(self, role: str = "web") -> None:
        async with self._database.transaction() as tx:
            await workers.register(
                tx, boot=self._boot, role=role, host=socket.gethostname(), pid=os.getpid()
            )
        self._judge_later()

    async def leave(self) -> None:
        async with self._database.transaction() as tx:
            await workers.leave(tx, self._boot)

    async def run(self) -> None:
        """Renew the lease and look for dead ones, for ever; an outage is waited out."""
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self.beat()
            except (AppError, SQLAlchemyError) as error:
                self._judge_later()
                log.warning("lease.not_renewed", extra=fields(error=repr(error)))
            except Exception:
                log.exception("lease.crashed")

    async def beat(self) -> None:
        """Renew, look after our own turns, and end those of processes that renew no more.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._database.transaction() as tx:
            alive = await workers.beat(tx, self._boot, draining=self.draining)
        if not alive:
            await self.take()
        await self._watch.look()
        if asyncio.get_running_loop().time() >= self._judges_from:
            await self._reaper.reap(TTL_S)

    async def reap(self, *, all_others: bool = False) -> int:
        """End the turns of dead processes; answers how many. ``all_others``: this process knows
        that it is the only one (local engines), so whatever is not its own is dead."""
        return await self._reaper.reap(None if all_others else TTL_S)

    def _judge_later(self) -> None:
        """After an outage of the database every lease looks dead: the living get a TTL to renew."""
        self._judges_from = asyncio.get_running_loop().time() + TTL_S
