"""Notes that subscriptions have come to their end by themselves, and tells their users.

What they decided ended at that very moment, for every query asks the time; this is the news of it.
"""

import asyncio
import logging
from uuid import UUID

from msgspec import structs
from sqlalchemy.exc import SQLAlchemyError

from billing.plans import Plans
from server.accounts.endings import Endings
from server.domain.clock import Clock
from server.domain.errors import AppError
from server.persistence import people, subscriptions, users
from server.persistence.database import Database, Tx
from server.telemetry.logs import fields
from server.turns.feed import QuotaEvent
from server.turns.planchanges import follow
from server.turns.thresholds import Thresholds

log = logging.getLogger(__name__)

LOOK_S = 5.0
"""The look is one query of an index, which mostly finds nothing."""

MOST = 100
"""Noted at one look, one transaction each: on the first of a month many end at once."""


class Lapses:
    """Any number of processes may look; each end is told once."""

    def __init__(
        self,
        database: Database,
        plans: Plans,
        thresholds: Thresholds,
        endings: Endings,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._plans = plans
        self._thresholds = thresholds
        self._endings = endings
        self._clock = clock

    async def run(self) -> None:
        """For ever; outages are waited out."""
        while True:
            try:
                await self.look()
            except (AppError, SQLAlchemyError) as error:
                log.warning("subscriptions.not_looked", extra=fields(error=repr(error)))
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        async with self._database.glances() as tx:
            found = await subscriptions.lapsed(tx, MOST)
        for user in found:
            told = await self._note(user)
            self._endings.tell_user_changed(user)
            self._thresholds.tell(user, told)

    async def _note(self, user: UUID) -> list[QuotaEvent]:
        now = self._clock()

        async def work(tx: Tx) -> list[QuotaEvent]:
            await users.lock(tx, user)
            over, person = await subscriptions.find_open(tx, user), await people.find(tx, user)
            if over is None or over.is_active:
                return []
            await subscriptions.end(tx, user)
            if person is None:
                return []
            before = person if person.ai_plan else structs.replace(person, plan=over.tier)
            return await follow(tx, self._plans, user, before, now=now)

        return await self._database.run(work)
