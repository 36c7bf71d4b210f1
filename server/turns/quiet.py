"""Ends replicas whose turn is over though no journal says so: Redis is away or was flushed, or the
owner died between its commit and its last append."""

import asyncio
import logging
from weakref import WeakKeyDictionary

from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import AppError
from server.telemetry.logs import fields
from server.turns.buffer import TurnBuffer
from server.turns.following import Followers
from server.turns.storage import Storage

log = logging.getLogger(__name__)

LOOK_S = 2.0
"""Between two looks: a replica that heard nothing from one to the next is asked for."""


class QuietTurns:
    """Beside the reader of journals, never in its way: a database that is slow delays no delta."""

    def __init__(self, followers: Followers, storage: Storage) -> None:
        self._followers = followers
        self._storage = storage
        self._seq_before: WeakKeyDictionary[TurnBuffer, int] = WeakKeyDictionary()

    async def run(self) -> None:
        """Look for ever; outages are waited out."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except (AppError, SQLAlchemyError) as error:
                log.warning("quiet.not_looked", extra=fields(error=repr(error)))
            except Exception:
                log.exception("quiet.crashed")

    async def look(self) -> None:
        """One query for all that were quiet since the look before; one more for each that is over.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        quiet = {}
        for buffer in self._followers.replicas:
            if not buffer.has_ended and self._seq_before.get(buffer) == buffer.seq:
                quiet[buffer.turn_id] = buffer
            self._seq_before[buffer] = buffer.seq
        if quiet:
            for turn in await self._storage.ended_among(quiet):
                await self._storage.end_if_over(quiet[turn])
