"""Where the events of a turn are: in this process, in another one's journal, or in the database."""

import asyncio
import logging
from uuid import UUID

from msgspec import MsgspecError, convert
from redis.exceptions import RedisError

from server.accounts.access import Principal
from server.domain.clock import Clock
from server.domain.errors import NotFound
from server.persistence.turns import Turn
from server.protocol.codec import encode
from server.protocol.events import TurnStarted
from server.telemetry.logs import fields
from server.turns.buffer import Frame, TurnBuffer
from server.turns.cursor import Cursor
from server.turns.following import Followers, apply
from server.turns.journal import Journal
from server.turns.live import LiveTurns
from server.turns.storage import Storage

log = logging.getLogger(__name__)

JOURNALED_S = 5.0
"""For so long after its end a turn's journal is waited for: it is written behind the database, by a
batch, or by more where there is too much to do; never, where its owner died in between."""


class Attacher:
    """Never starts a generation, never invents; somebody else's turn is not found."""

    def __init__(
        self,
        live: LiveTurns,
        journal: Journal,
        followers: Followers,
        storage: Storage,
        clock: Clock,
    ) -> None:
        self._live = live
        self._journal = journal
        self._followers = followers
        self._storage = storage
        self._clock = clock

    async def attach(
        self, caller: Principal, turn: UUID, after_seq: int, *, is_news: bool = False
    ) -> Cursor:
        """A cursor that replays what came after ``after_seq`` and then follows. ``is_news``: nobody
        has told the caller of the turn, so ``turn.started`` comes before whatever is left of it.

        Raises:
            NotFound: no such turn of this user.
            ServiceUnavailable: the database does not answer.
        """
        here = self._live.buffer(turn)
        if here is not None:
            if here.user_id != caller.user_id or here.conversation_id is None:
                raise _no_such_turn()
            return Cursor(here, after_seq)
        stored = await self._storage.find(turn, caller.user_id)
        if stored is None or stored.conversation_id is None:
            raise _no_such_turn()
        # The turn may have come to life, or to its end, while the database was asked.
        buffer = self._live.buffer(turn) or await self._elsewhere(stored)
        return Cursor(buffer, after_seq, _opening(stored) if is_news else None)

    async def _elsewhere(self, turn: Turn) -> TurnBuffer:
        if turn.state.is_live:
            return await self._replica(turn)
        return await self._from_journal(turn) or await self._storage.sealed(turn)

    async def _replica(self, turn: Turn) -> TurnBuffer:
        fresh = TurnBuffer(turn.id, turn.conversation_id, turn.user_id)
        fresh.state = turn.state
        return await self._followers.follow(turn.id, fresh)

    async def _from_journal(self, turn: Turn) -> TurnBuffer | None:
        """The whole of an ended turn as it was sent, if the journal still has it."""
        try:
            buffer = await restore(self._journal, turn)
        except (RedisError, OSError, MsgspecError) as error:
            log.warning("journal.unavailable", extra=fields(error=repr(error)))
            return None
        return buffer if buffer is not None and buffer.has_ended else await self._journaled(turn)

    async def _journaled(self, turn: Turn) -> TurnBuffer | None:
        """The same, once its journal has all of it. None: it ended too long ago to wait for that,
        or its end did not come."""
        age = self._clock() - (turn.ended_at or turn.admitted_at)
        left_s = min(JOURNALED_S - age.total_seconds(), JOURNALED_S)  # clocks may differ
        if left_s <= 0:
            return None
        replica, news = await self._replica(turn), asyncio.Event()
        wake = news.set
        replica.follow(wake)
        try:
            async with asyncio.timeout(left_s):
                while not replica.has_ended:
                    await news.wait()
                    news.clear()
        except TimeoutError:
            return None
        finally:
            replica.unfollow(wake)
        return replica


async def restore(journal: Journal, turn: Turn) -> TurnBuffer | None:
    """A turn's buffer from its journal, as far as that goes without a gap; None: nothing there.

    Raises:
        RedisError: Redis does not answer.
        MsgspecError: an entry cannot be read.
    """
    try:
        journaled = await journal.read(turn.id)
    except (KeyError, ValueError) as error:
        raise MsgspecError("an entry of another shape") from error
    if journaled is None:
        return None
    buffer = TurnBuffer(
        turn.id,
        turn.conversation_id,
        turn.user_id,
        base_seq=journaled.base_seq,
        base_text=journaled.base_text,
    )
    buffer.state = turn.state
    for entry in journaled.entries:
        if buffer.has_ended or not apply(buffer, entry):
            break
    return buffer


def _opening(turn: Turn) -> Frame:
    started = convert(turn.started, TurnStarted)
    return Frame("turn.started", started.seq, encode(started))


def _no_such_turn() -> NotFound:
    return NotFound("There is no such turn.", path="$.turnId")
