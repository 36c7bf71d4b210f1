"""Ends turns that nobody runs any more: those of dead processes, and what this one left behind.

Such a turn is fenced first, so that whoever had it can write no more, and then ended as failed with
what is known of its text; its hold is released.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

from msgspec import MsgspecError
from redis.exceptions import RedisError
from sqlalchemy import text

from server.domain.clock import Clock
from server.domain.errors import AppError, Internal, WorkerLost
from server.domain.ids import BootId, new_id
from server.domain.turn import TurnState
from server.failpoints import reach
from server.persistence import ownership
from server.persistence.database import Database
from server.persistence.turns import NewTurn, Turn
from server.telemetry.logs import fields
from server.turns.attaching import restore
from server.turns.buffer import TurnBuffer
from server.turns.journal import Journal
from server.turns.live import LiveTurns
from server.turns.lostcalls import LostCalls
from server.turns.record import Recorder
from server.turns.settlement import Ending, Settler

log = logging.getLogger(__name__)

REAP_BATCH = 50
SEQ_GAP = 10_000
"""Events that clients of a dead process may have seen and the journal may lack, many times over:
the numbering goes on behind them."""

AT_ONCE = 4
"""Turns that are ended side by side: less than half of the pool, which others need as well."""

REAPER_LOCK = 0x72656170
"""Number of the advisory lock under which one process at a time looks for the turns of the dead
("reap" in ASCII)."""

_TRY_LOCK = text(f"SELECT pg_try_advisory_xact_lock({REAPER_LOCK})")


class Reaper:
    """``on_settled`` is called after turns were ended here, ``free`` gives a turn's slot back."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        settler: Settler,
        live: LiveTurns,
        lost_calls: LostCalls,
        *,
        boot: BootId,
        clock: Clock,
        recorder: Recorder,
        on_settled: Callable[[], None],
        free: Callable[[NewTurn], Awaitable[None]],
    ) -> None:
        self._database = database
        self._journal = journal
        self._settler = settler
        self._live = live
        self._lost_calls = lost_calls
        self._boot = boot
        self._clock = clock
        self._recorder = recorder
        self._on_settled = on_settled
        self._free = free
        self._ending = asyncio.Lock()
        self._journal_is_away = False
        self.taken_over: set[UUID] = set()
        """Turns of dead processes that are this one's to end, and have not ended yet."""

    async def reap(self, ttl_s: float | None) -> int:
        """End the turns of processes that have not renewed their lease for ``ttl_s``; None: this
        process knows that it is the only one, so whatever is not its own is dead.

        Answers how many were ended.
        """
        ended = 0
        async with self._ending:
            while True:
                async with self._database.transaction() as tx:
                    if not await tx.scalar(_TRY_LOCK):
                        return ended
                    found = await ownership.take_over(tx, self._boot, REAP_BATCH, ttl_s=ttl_s)
                if found:
                    reach("reaper.fenced")
                    self.taken_over |= {turn.id for turn in found}
                    ended += await self._end_all(found)
                if len(found) < REAP_BATCH:
                    return ended

    async def take_back(self, ids: Collection[UUID]) -> int:
        """End turns of this process that it does not run: their end could not be written, or the
        process never learned that they had been admitted."""
        async with self._ending:
            async with self._database.transaction() as tx:
                found = await ownership.take_back(tx, self._boot, ids)
            return await self._end_all(found)

    async def _end_all(self, found: list[Turn]) -> int:
        """A few at once. One that cannot be ended does not keep the others waiting; it is tried
        again later."""
        if not found:
            return 0
        self._journal_is_away = False
        places = asyncio.Semaphore(AT_ONCE)

        async def end(turn: Turn) -> bool:
            async with places:
                try:
                    return await self._end(turn)
                except Exception:  # whatever is wrong with one of them, the others are waiting
                    log.exception("turn.not_ended", extra=fields(turn=str(turn.id)))
                    return False

        ended = sum(await asyncio.gather(*map(end, found)))
        log.warning("turns.reaped", extra=fields(found=len(found), ended=ended))
        self._on_settled()
        return ended

    def _error(self, turn: Turn) -> AppError:
        if turn.id in self.taken_over:
            return WorkerLost("The server process that was answering has died.")
        return Internal("The turn could not be finished.")

    async def _end(self, turn: Turn) -> bool:
        here = self._live.buffer(turn.id)
        seen = here or await self._read(turn)
        text_so_far = seen.text if seen else ""
        # It had begun, whatever is left of its journal.
        last = max(seen.seq if seen else 0, 1)
        now = self._clock()
        ending = Ending(
            turn=turn,
            fence=turn.fence,
            state=TurnState.FAILED,
            seq=last + SEQ_GAP,
            text=text_so_far,
            calls=self._lost_calls.find(turn, seen, now),
            at=now,
            transfer_id=new_id(),
            error=self._error(turn),
        )
        outcome = await self._settler.settle(ending)
        self.taken_over.discard(turn.id)  # ended, here or by whoever took it from here
        if outcome is None:
            return False
        buffer = TurnBuffer(turn.id, turn.conversation_id, turn.user_id)
        buffer.seal(text_so_far, TurnState.FAILED, outcome)
        if turn.conversation_id is not None:
            self._journal.open(buffer, turn.fence)
        if here is not None:
            here.seal(text_so_far, TurnState.FAILED, outcome)
            self._live.settle(here, asyncio.get_running_loop().time())
        self._recorder.ended(ending, outcome)
        if not self._journal_is_away:  # else the slot ends with its own lease
            await self._free(turn)
        return True

    async def _read(self, turn: Turn) -> TurnBuffer | None:
        """What the journal has. One that gives no answer is not waited for again, turn by turn:
        the money of the others is released first."""
        if self._journal_is_away:
            return None
        try:
            return await restore(self._journal, turn)
        except (RedisError, OSError) as error:
            self._journal_is_away = True
            log.warning("journal.unavailable", extra=fields(error=repr(error)))
        except MsgspecError:
            log.exception("journal.unreadable", extra=fields(turn=str(turn.id)))
        return None
