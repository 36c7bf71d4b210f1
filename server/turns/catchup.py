"""What a process missed while it did not hear the bell: turns of conversations followed here."""

import asyncio
import logging
from itertools import islice
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import AppError
from server.persistence import recent
from server.persistence.bell import KEEP_S, Bell
from server.persistence.database import Database
from server.telemetry.logs import fields
from server.turns.feed import Followed, TurnFeed

log = logging.getLogger(__name__)

BATCH = 500
"""Conversations in one query."""

LOOK_BACK_S = 300.0
"""Turns that ended longer ago are left to the page, which reads the conversation again anyway."""

AGAIN_S = 1.0


class CatchUp:
    """``run`` is its only task: one query for all who can be heard again at the same moment."""

    def __init__(self, database: Database, feed: TurnFeed, bell: Bell) -> None:
        self._database = database
        self._feed = feed
        self._due: dict[UUID, float] = {}
        self._wake = asyncio.Event()
        bell.when_heard(self._heard)

    def _heard(self, user: UUID, deaf_since: float) -> None:
        if self._feed.followed([user]):
            self._due[user] = min(deaf_since, self._due.get(user, deaf_since))
            self._wake.set()

    async def run(self) -> None:
        """Ask the database whenever news may have been missed, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            due, self._due = self._due, {}
            try:
                await self._look(due)
            except (AppError, SQLAlchemyError) as error:
                log.warning("catchup.waits", extra=fields(error=repr(error)))
                for user, deaf_since in due.items():
                    self._heard(user, deaf_since)
                await asyncio.sleep(AGAIN_S)
            except Exception:
                log.exception("catchup.crashed")

    async def _look(self, due: dict[UUID, float]) -> None:
        followed = iter(self._feed.followed(due))
        while batch := list(islice(followed, BATCH)):
            await self._find(batch, min(due[place.user] for place in batch))

    async def _find(self, batch: list[Followed], deaf_since: float) -> None:
        # Whoever rings while Redis is away may be heard that much later.
        within_s = min(_now() - deaf_since + KEEP_S, LOOK_BACK_S)
        conversations = {place.conversation for place in batch}
        async with self._database.snapshot() as tx:
            found = await recent.seen_in(tx, conversations, within_s)
        for turn in found:
            ended_at = None if turn.ended_ago_s is None else _now() - turn.ended_ago_s
            self._feed.turn_found(turn.user_id, turn.conversation_id, turn.id, ended_at)


def _now() -> float:
    return asyncio.get_running_loop().time()
