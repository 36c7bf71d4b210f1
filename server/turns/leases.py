"""Who runs a turn, and who ends it if that one dies.

Each process renews one lease. A turn whose process has none any more is fenced, ended as failed
(``worker_lost``) with what its journal holds, and its hold is released.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable

from msgspec import convert
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from agents.tokens import count_text
from billing.pricing import cost
from server.domain.clock import Clock
from server.domain.errors import AppError, WorkerLost
from server.domain.ids import BootId, CallId, new_id
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome, Price, Usage, UsageSource
from server.persistence import turns, workers
from server.persistence.database import Database
from server.persistence.turns import Turn
from server.turns.attaching import restore
from server.turns.buffer import TurnBuffer
from server.turns.journal import Journal
from server.turns.meter import Call
from server.turns.settlement import Ending, Settler

log = logging.getLogger(__name__)

BEAT_S = 3.0
TTL_S = 15.0
REAP_BATCH = 50
SEQ_GAP = 10_000
"""Events that clients of a dead process may have seen and the journal may lack, many times over:
the numbering goes on behind them."""

REAPER_LOCK = 0x72656170
"""Number of the advisory lock under which one process at a time reaps ("reap" in ASCII)."""


class Leases:
    """``on_settled`` is called after turns were ended here."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        settler: Settler,
        *,
        boot: BootId,
        clock: Clock,
        on_settled: Callable[[], None],
    ) -> None:
        self._database = database
        self._journal = journal
        self._settler = settler
        self._boot = boot
        self._clock = clock
        self._on_settled = on_settled
        self.draining = False

    async def take(self, role: str = "web") -> None:
        async with self._database.transaction() as tx:
            await workers.register(
                tx, boot=self._boot, role=role, host=socket.gethostname(), pid=os.getpid()
            )

    async def leave(self) -> None:
        async with self._database.transaction() as tx:
            await workers.leave(tx, self._boot)

    async def run(self) -> None:
        """Renew the lease and look for dead ones, for ever; an outage is waited out."""
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                async with self._database.transaction() as tx:
                    alive = await workers.beat(tx, self._boot, draining=self.draining)
                if not alive:
                    await self.take()
                await self.reap()
            except (AppError, SQLAlchemyError) as error:
                log.warning("lease.not_renewed", extra={"error": repr(error)})

    async def reap(self, *, all_others: bool = False) -> int:
        """End the turns of dead processes; answers how many. ``all_others``: this process knows
        that it is the only one (local engines), so whatever is not its own is dead."""
        async with self._database.transaction() as tx:
            if not await tx.scalar(text(f"SELECT pg_try_advisory_xact_lock({REAPER_LOCK})")):
                return 0
            living = {self._boot} if all_others else await workers.living(tx, TTL_S)
            lost = await turns.take_over(tx, {self._boot, *living}, REAP_BATCH)
        for turn in lost:
            await self._end(turn)
        if lost:
            log.warning("turns.reaped", extra={"turns": len(lost)})
            self._on_settled()
        if len(lost) == REAP_BATCH:
            return len(lost) + await self.reap(all_others=all_others)
        return len(lost)

    async def _end(self, turn: Turn) -> None:
        seen = await self._read(turn)
        text_so_far, last = (seen.text, seen.seq) if seen else ("", 1)
        now = self._clock()
        ending = Ending(
            turn=turn,
            fence=turn.fence,
            state=TurnState.FAILED,
            seq=last + SEQ_GAP,
            text=text_so_far,
            calls=self._lost_calls(turn, text_so_far),
            at=now,
            transfer_id=new_id(),
            error=WorkerLost("The server process that was answering has died."),
        )
        outcome = await self._settler.settle(ending)
        if outcome is None:
            return
        buffer = TurnBuffer(
            turn.id,
            turn.conversation_id,
            turn.user_id,
            base_seq=ending.seq,
            base_text=text_so_far,
        )
        self._journal.open(buffer, turn.fence).owes_checkpoint = True
        buffer.end(TurnState.FAILED, outcome)

    async def _read(self, turn: Turn) -> TurnBuffer | None:
        try:
            return await restore(self._journal, turn)
        except (RedisError, OSError) as error:
            log.warning("journal.unavailable", extra={"error": repr(error)})
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
        now = self._clock()
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
                ended_at=now,
            )
        ]
