"""Ends turns that nobody runs any more: those of dead processes, and what this one left behind.

Such a turn is fenced first, so that whoever had it can write no more, and then ended as failed with
what is known of its text; its hold is released.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

from msgspec import MsgspecError, convert
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from agents.tokens import count_text
from billing.pricing import cost
from server.domain.clock import Clock
from server.domain.errors import AppError, Internal, WorkerLost
from server.domain.ids import BootId, CallId, new_id
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome, Price, Usage, UsageSource
from server.failpoints import reach
from server.persistence import ownership, workers
from server.persistence.database import Database
from server.persistence.turns import NewTurn, Turn
from server.telemetry.logs import fields
from server.turns.attaching import restore
from server.turns.buffer import TurnBuffer
from server.turns.journal import Journal
from server.turns.live import LiveTurns
from server.turns.meter import Call
from server.turns.settlement import Ending, Settler

log = logging.getLogger(__name__)

REAP_BATCH = 50
SEQ_GAP = 10_000
"""Events that clients of a dead process may have seen and the journal may lack, many times over:
the numbering goes on behind them."""

REAPER_LOCK = 0x72656170
"""Number of the advisory lock under which one process at a time reaps ("reap" in ASCII)."""


class Reaper:
    """``on_settled`` is called after turns were ended here, ``free`` gives a turn's slot back."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        settler: Settler,
        live: LiveTurns,
        *,
        boot: BootId,
        clock: Clock,
        on_settled: Callable[[], None],
        free: Callable[[NewTurn], Awaitable[None]],
    ) -> None:
        self._database = database
        self._journal = journal
        self._settler = settler
        self._live = live
        self._boot = boot
        self._clock = clock
        self._on_settled = on_settled
        self._free = free

    async def reap(self, ttl_s: float | None) -> int:
        """End the turns of processes that have not renewed their lease for ``ttl_s``; None: this
        process knows that it is the only one, so whatever is not its own is dead.

        Answers how many were ended.
        """
        ended = 0
        while True:
            async with self._database.transaction() as tx:
                if not await tx.scalar(text(f"SELECT pg_try_advisory_xact_lock({REAPER_LOCK})")):
                    return ended
                living = set() if ttl_s is None else await workers.living(tx, ttl_s)
                found = await ownership.take_over(tx, {self._boot, *living}, REAP_BATCH)
            if found:
                reach("reaper.fenced")
                ended += await self._end_all(
                    found, WorkerLost("The server process that was answering has died.")
                )
            if len(found) < REAP_BATCH:
                return ended

    async def take_back(self, ids: Collection[UUID]) -> int:
        """End turns of this process that it does not run: their end could not be written, or the
        process never learned that they had been admitted."""
        async with self._database.transaction() as tx:
            found = await ownership.take_back(tx, self._boot, ids)
        return await self._end_all(found, Internal("The turn could not be finished."))

    async def _end_all(self, found: list[Turn], error: AppError) -> int:
        """One that cannot be ended does not keep the others waiting; it is tried again later."""
        ended = 0
        for turn in found:
            try:
                ended += await self._end(turn, error)
            except (AppError, SQLAlchemyError):
                log.exception("turn.not_ended", extra=fields(turn=str(turn.id)))
        log.warning("turns.reaped", extra=fields(turns=ended, code=error.code))
        self._on_settled()
        return ended

    async def _end(self, turn: Turn, error: AppError) -> bool:
        here = self._live.buffer(turn.id)
        seen = here or await self._read(turn)
        text_so_far, last = (seen.text, seen.seq) if seen else ("", 1)
        ending = Ending(
            turn=turn,
            fence=turn.fence,
            state=TurnState.FAILED,
            seq=last + SEQ_GAP,
            text=text_so_far,
            calls=self._lost_calls(turn, text_so_far),
            at=self._clock(),
            transfer_id=new_id(),
            error=error,
        )
        outcome = await self._settler.settle(ending)
        if outcome is None:
            return False
        buffer = TurnBuffer(
            turn.id,
            turn.conversation_id,
            turn.user_id,
            base_seq=ending.seq,
            base_text=text_so_far,
        )
        self._journal.open(buffer, turn.fence)
        buffer.end(TurnState.FAILED, outcome)
        if here is not None:
            here.rebase(ending.seq, text_so_far)
            here.end(TurnState.FAILED, outcome)
            self._live.settle(here, asyncio.get_running_loop().time())
        await self._free(turn)
        return True

    async def _read(self, turn: Turn) -> TurnBuffer | None:
        try:
            return await restore(self._journal, turn)
        except (RedisError, OSError, MsgspecError) as error:
            log.warning("journal.unavailable", extra=fields(error=repr(error)))
            return None

    def _lost_calls(self, turn: Turn, text_so_far: str) -> list[Call]:
        """The call that died with its process, as far as it is known: what the journal shows of
        its output. An admitted turn had made none."""
        if turn.state is TurnState.ADMITTED:
            return []
        price = convert(turn.price, Price)
        usage = Usage(
            input_tokens=turn.input_tokens,
            output_tokens=count_text(text_so_far),
            source=UsageSource.ESTIMATED,
        )
        return [
            Call(
                call_id=CallId(new_id()),
                agent=turn.agent,
                provider=turn.provider,
                model=turn.model,
                usage=usage,
                outcome=CallOutcome.FAILED,
                price=price,
                cost_usd=cost(usage, price),
                started_at=turn.admitted_at,
                ended_at=self._clock(),
            )
        ]
