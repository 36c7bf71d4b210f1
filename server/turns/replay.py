"""Writes the ends of turns that processes of this machine left on its disk.

As everybody who ends a turn it comes through the fence: what a reaper has ended meanwhile stays as
it is.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import AppError, ServiceUnavailable
from server.persistence.turns import NewTurn
from server.protocol.events import Outcome
from server.telemetry.logs import fields
from server.turns.buffer import TurnBuffer
from server.turns.closing import Closer
from server.turns.journal import Journal
from server.turns.record import Recorder
from server.turns.settlement import Ending
from server.turns.spool import Left, Spool, SpoolFile

log = logging.getLogger(__name__)

LOOK_S = 5.0
"""Well below the life of a lease: after an outage the whole answer is written before a reaper, who
knows only what the journal holds, is allowed to judge."""


class Replay:
    """``on_settled`` is called after turns were ended here, ``free`` gives a turn's slot back."""

    def __init__(
        self,
        spool: Spool,
        closer: Closer,
        journal: Journal,
        recorder: Recorder,
        *,
        on_settled: Callable[[], None],
        free: Callable[[NewTurn], Awaitable[None]],
    ) -> None:
        self._spool = spool
        self._closer = closer
        self._journal = journal
        self._recorder = recorder
        self._on_settled = on_settled
        self._free = free
        self._written = set[UUID]()
        """Turns of files that are there still: the database went, or the disk takes no change."""
        self._stuck = set[Path]()

    async def run(self) -> None:
        """Look from time to time, for ever; an outage is waited out."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except ServiceUnavailable as error:
                log.warning("spool.waits", extra=fields(error=repr(error)))
            except Exception:
                log.exception("spool.crashed")

    async def look(self) -> int:
        """Write what waits in files whose owner is no more. Answers how many turns were ended.

        Raises:
            ServiceUnavailable: the database does not answer; what waits stays.
        """
        ended = 0
        for file in self._spool.abandoned():
            try:
                left = await asyncio.to_thread(file.read)
                ended += await self._write_all(left.endings)
                await asyncio.to_thread(self._remove, file, left)
            except OSError:  # of one file or its disk; the others are waiting
                if file.path not in self._stuck:
                    log.exception("spool.stuck", extra=fields(path=str(file.path)))
                self._stuck.add(file.path)
            finally:
                file.close()
        return ended

    async def _write_all(self, endings: list[Ending]) -> int:
        waiting = [ending for ending in endings if ending.turn.id not in self._written]
        ended = 0
        for ending in waiting:
            ended += await self._write(ending)
            self._written.add(ending.turn.id)
        if waiting:
            log.warning("spool.replayed", extra=fields(found=len(waiting), ended=ended))
            self._on_settled()
        return ended

    def _remove(self, file: SpoolFile, left: Left) -> None:
        if left.unread:
            kept = file.set_aside(left.unread)
            log.error("spool.unread", extra=fields(lines=len(left.unread), kept=str(kept)))
        file.remove()
        self._written.difference_update(ending.turn.id for ending in left.endings)

    async def _write(self, ending: Ending) -> bool:
        """False: somebody else has ended the turn, or nobody can: a reaper will say it failed."""
        try:
            outcome, written = await self._closer.replay(ending)
        except ServiceUnavailable:
            raise
        except (SQLAlchemyError, AppError, ValueError):
            log.exception("turn.not_ended", extra=fields(turn=str(ending.turn.id)))
            return False
        if outcome is not None:
            self._recorder.ended(written, outcome)
            await self._tell(written, outcome)
        return outcome is not None

    async def _tell(self, ending: Ending, outcome: Outcome) -> None:
        """Whoever followed the turn, wherever, hears of its end by the journal. Nobody follows one
        without a conversation."""
        turn = ending.turn
        if turn.conversation_id is not None:
            buffer = TurnBuffer(turn.id, turn.conversation_id, turn.user_id)
            buffer.seal(ending.text, ending.state, outcome)
            self._journal.open(buffer, ending.fence)
        await self._free(turn)
