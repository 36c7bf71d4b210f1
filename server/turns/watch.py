"""What the database knows about the turns of this process and the process itself may not: that
somebody asked for an end, that another process took a turn away, that a turn was left over.
"""

import asyncio

from server.domain.errors import Internal
from server.domain.ids import BootId
from server.persistence import ownership
from server.persistence.database import Database
from server.turns.live import LiveTurns
from server.turns.reaper import Reaper
from server.turns.storage import Storage

LEFT_OVER_S = 15.0
"""Since its admission, after which a turn of ours that nobody runs is left over: the answer to the
COMMIT that admitted it was lost. Longer than an admission waits for that answer."""


class Watch:
    """``look`` is called with each heartbeat: a cancel from elsewhere works within one, also while
    Redis is away."""

    def __init__(
        self, database: Database, storage: Storage, reaper: Reaper, live: LiveTurns, boot: BootId
    ) -> None:
        self._database = database
        self._storage = storage
        self._reaper = reaper
        self._live = live
        self._boot = boot

    async def look(self) -> None:
        """One query; more only when something is wrong.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        before = list(self._live)
        async with self._database.snapshot() as tx:
            standing = {row.id: row for row in await ownership.live_on(tx, self._boot)}
        for run in before:
            row = standing.get(run.turn.id)
            if row is None or row.fence > run.fence:
                # Over in the database. If that was our own doing a moment ago, this does nothing.
                run.stop(Internal("The turn was ended by another process."))
            elif row.is_cancelled:
                run.stop()
        lost = {buffer.turn_id for buffer in self._live.lost} | self._reaper.taken_over
        left_over = [
            row.id
            for row in standing.values()
            if self._live.run(row.id) is None and (row.id in lost or row.age_s > LEFT_OVER_S)
        ]
        if left_over:
            await self._reaper.take_back(left_over)
        await self._end_lost()

    async def _end_lost(self) -> None:
        now = asyncio.get_running_loop().time()
        for buffer in self._live.lost:
            await self._storage.end_if_over(buffer)
            self._live.settle(buffer, now)
        self._live.forget(now)
