"""A user leaves: what runs is ended, what was theirs is removed, what was paid stays in the books.

Two steps. The first is one transaction: from its commit on nobody gets in as this user, and nothing
of theirs is written any more. The second begins once their last turn has ended, in whichever
process looks first; it may die anywhere, and is gone on with.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from server.accounts.administration import spare_last_admin
from server.accounts.endings import Endings
from server.domain.clock import Clock
from server.domain.errors import AppError
from server.failpoints import reach
from server.media.archives import Archives
from server.media.library import MediaLibrary
from server.persistence import exports, leaving
from server.persistence.database import Database, Tx
from server.persistence.leaving import Running
from server.persistence.redis import JOURNAL_ENDED_S, journal_key, journal_state_key
from server.telemetry.logs import fields
from server.turns.cancelling import Canceller

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class Leaver:
    def __init__(
        self,
        database: Database,
        redis: Redis,
        media: MediaLibrary,
        archives: Archives,
        canceller: Canceller,
        endings: Endings,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._redis = redis
        self._media = media
        self._archives = archives
        self._canceller = canceller
        self._endings = endings
        self._clock = clock

    async def ask(
        self,
        user: UUID,
        note: Callable[[Tx], Awaitable[None]] | None = None,
        *,
        actor: UUID | None = None,
    ) -> None:
        """Let this user go; again changes nothing. ``note`` writes down who wanted it, in the same
        transaction. ``actor``: the admin who does; None: they themselves.

        Raises:
            NotFound: no such user, or deleted already.
            Forbidden: the actor has just lost the role.
            Conflict: they are the last admin.
            ServiceUnavailable: the database does not answer.
        """
        now = self._clock()

        async def mark(tx: Tx) -> list[Running] | None:
            await spare_last_admin(tx, user, actor=actor)
            running = await leaving.mark(tx, user, now)
            if running is not None and note is not None:
                await note(tx)
            return running

        running = await self._database.run(mark)
        reach("leaving.marked")
        if running is None:
            return
        log.info("user.leaving", extra=fields(user=str(user), turns=len(running)))
        self._endings.tell_user_ended(user)
        for turn in running:
            self._canceller.stop(turn.id, turn.boot_id)

    async def look(self) -> int:
        """Go on with everybody who is leaving. Answers how many have gone.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._database.snapshot() as tx:
            found = await leaving.find_leaving(tx)
        gone = 0
        for user in found:
            try:
                gone += await self._go_on(user)
            # The others need not wait for this one.
            except AppError as error:
                told = fields(user=str(user), error=error.message)
                log.warning("user.still_leaving", extra=told)
            except SQLAlchemyError:
                log.exception("user.still_leaving", extra=fields(user=str(user)))
        return gone

    async def _go_on(self, user: UUID) -> bool:
        """True: this one has gone. False: a turn still runs, somebody else is at it, or a file
        cannot be removed yet."""
        while (emptied := await self._alone(user, leaving.empty_conversations)) is True:
            reach("leaving.emptied")
        dismissed = None if emptied is None else await self._alone(user, _dismiss)
        if dismissed is None:
            return False
        for media in dismissed:
            if not await self._media.clear(media):
                return False
        await self._archives.clear(user)
        await self._forget_journals(user)
        now = self._clock()

        async def bury(tx: Tx, user: UUID) -> bool:
            is_empty = await leaving.bury(tx, user, now)
            reach("leaving.burying")
            return is_empty

        if not await self._alone(user, bury):
            return False
        reach("leaving.buried")
        log.info("user.left", extra=fields(user=str(user)))
        return True

    async def _alone(
        self, user: UUID, work: Callable[[Tx, UUID], Awaitable[Result]]
    ) -> Result | None:
        """One step, in a transaction. None: it is not to be done yet, or somebody else is at it."""

        async def step(tx: Tx) -> Result | None:
            return await work(tx, user) if await leaving.take(tx, user) else None

        return await self._database.run(step)

    async def _forget_journals(self, user: UUID) -> None:
        """What Redis still has of their last turns; where it is away, that ends by itself."""
        async with self._database.snapshot() as tx:
            ended = await leaving.recent_turns(tx, user, JOURNAL_ENDED_S)
        try:
            for turn in ended:
                await self._redis.unlink(journal_key(turn), journal_state_key(turn))
        except (RedisError, OSError) as error:
            log.warning("leaving.journals_kept", extra=fields(error=repr(error)))


async def _dismiss(tx: Tx, user: UUID) -> list[UUID]:
    await leaving.forget_words(tx, user)
    await exports.dismiss(tx, user)
    return await leaving.dismiss_media(tx, user)
