"""Brings the end of a turn into the database: with patience, by way of a disk, or saying less."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from msgspec import structs
from sqlalchemy.exc import SQLAlchemyError

from billing.consumers.failures import is_transient
from server.domain.errors import AppError, Internal, ServiceUnavailable
from server.domain.turn import TurnState
from server.protocol.events import Outcome
from server.telemetry.logs import fields
from server.turns.settlement import Ending, Settler
from server.turns.spool import Spool

log = logging.getLogger(__name__)

AGAIN_S, AGAIN_MOST_S = 0.5, 5.0
"""Between two attempts while the database is away: growing."""

SPOOL_AFTER_S = 60.0
"""An outage that lasts longer may outlast this process."""


class Closer:
    """For the owner of a turn (``close``), and for whoever found its end on a disk (``replay``)."""

    def __init__(
        self, settler: Settler, spool: Spool, *, spool_after_s: float = SPOOL_AFTER_S
    ) -> None:
        self._settler = settler
        self._spool = spool
        self._spool_after_s = spool_after_s

    def hurry(self) -> None:
        """This process is about to end: what the database does not take at once goes to disk."""
        self._spool_after_s = 0.0

    async def close(self, ending: Ending) -> tuple[Outcome | None, Ending]:
        """Settle, waiting for the database for as long as this process lives. Answers the event
        that tells of the end, None where somebody else has ended the turn, and what was written.

        Cancelled, it leaves the ending on disk.

        Raises:
            SQLAlchemyError, AppError: the database refuses it in every form.
        """
        try:
            written = await _settle(ending, self._in_time)
        except asyncio.CancelledError:
            self._spool.keep(ending)  # in this thread: there may be no other moment
            raise
        except BaseException:
            await asyncio.to_thread(self._spool.strike, ending.turn.id)
            raise
        if self._spool.waiting:
            await asyncio.to_thread(self._spool.strike, ending.turn.id)
        return written

    async def replay(self, ending: Ending) -> tuple[Outcome | None, Ending]:
        """As ``close``, once.

        Raises:
            ServiceUnavailable: the database does not answer, or lacks what the ending itself cannot
                be blamed for (a migration, a right): it is worth waiting.
        """
        return await _settle(ending, self._now_or_later)

    async def _now_or_later(self, ending: Ending) -> Outcome | None:
        try:
            return await self._settler.settle(ending)
        except SQLAlchemyError as error:
            if is_transient(error):
                raise ServiceUnavailable("The database is not ready for this.") from error
            raise

    async def _in_time(self, ending: Ending) -> Outcome | None:
        began, pause = _now(), AGAIN_S
        while True:
            try:
                return await self._settler.settle(ending)
            except (ServiceUnavailable, SQLAlchemyError) as error:
                if not is_transient(error):
                    raise
                told = fields(turn=str(ending.turn.id), error=type(error).__name__)
                log.warning("turn.settlement_waits", extra=told)
            if _now() - began >= self._spool_after_s:
                await asyncio.to_thread(self._spool.keep, ending)
            await asyncio.sleep(pause)
            pause = min(pause * 2, AGAIN_MOST_S)


async def _settle(
    ending: Ending, settle: Callable[[Ending], Awaitable[Outcome | None]]
) -> tuple[Outcome | None, Ending]:
    """An ending that the database refuses for what is in it (figures of a provider that no column
    holds, say) is written as a failure of ours, at last without its content."""
    for attempt in (ending, refused(ending)):
        try:
            return await settle(attempt), attempt
        except ServiceUnavailable:
            raise
        except (SQLAlchemyError, AppError, ValueError):
            log.exception("turn.settlement_refused", extra=fields(turn=str(ending.turn.id)))
    bare = structs.replace(refused(ending), text="", calls=[])
    return await settle(bare), bare


def refused(ending: Ending) -> Ending:
    """The ending of a turn whose own ending cannot be written: failed, by our fault."""
    error = Internal("The turn's end could not be written.")
    return structs.replace(ending, state=TurnState.FAILED, error=error)


def _now() -> float:
    return asyncio.get_running_loop().time()
