"""How many web processes serve besides this one: what a limit is divided by while Redis is away."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import AppError
from server.persistence import workers
from server.persistence.database import Database
from server.telemetry.logs import fields
from server.turns.leases import TTL_S

log = logging.getLogger(__name__)

LOOK_S = 10.0


class Neighbours:
    """``run`` is the body of a task. What was last seen counts for as long as nobody can look."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._processes = 1

    def processes(self) -> int:
        """At least one: this."""
        return self._processes

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except (AppError, SQLAlchemyError) as error:
                log.warning("neighbours.not_counted", extra=fields(error=repr(error)))
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Raises ServiceUnavailable."""
        async with self._database.snapshot() as tx:
            self._processes = max(1, await workers.count(tx, "web", within_s=TTL_S))
