"""Turns that run in other processes, followed through their journals by one blocked read.

Each followed turn has a replica of its buffer here, so cursors do not know the difference.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.domain.ids import BootId
from server.domain.turn import TurnState
from server.persistence.redis import BLOCK_MS, journal_key, wake_key
from server.protocol.events import Outcome, TurnCancelled, TurnCompleted, TurnFailed
from server.telemetry.logs import fields
from server.turns.buffer import Said, TurnBuffer
from server.turns.journal import Entry, Journal, entry_of
from server.turns.writer import Spoken

log = logging.getLogger(__name__)

READ_ENTRIES = 500

AGAIN_S = 1.0
"""After a failure, and before a journal with a hole is read again: its owner closes it by then."""

WAKE_LIFE_S = 60

UNREADABLE = (msgspec.MsgspecError, KeyError, ValueError)
"""What reading an entry of another version of this program may raise."""

OUTCOMES: dict[str, TurnState] = {
    "turn.completed": TurnState.COMPLETED,
    "turn.failed": TurnState.FAILED,
    "turn.cancelled": TurnState.CANCELLED,
}
_texts = msgspec.msgpack.Decoder(list[str] | Spoken)
_outcome = msgspec.json.Decoder(TurnCompleted | TurnFailed | TurnCancelled)


def apply(buffer: TurnBuffer, entry: Entry) -> bool:
    """Add what is new of ``entry``; False: something before it is missing."""
    if entry.first > buffer.seq + 1:
        return False
    if entry.kind == "delta":
        if buffer.state is TurnState.ADMITTED:
            buffer.state = TurnState.RUNNING
        texts = _texts.decode(entry.data)
        if isinstance(texts, Spoken):
            texts = [Said(text, texts.agent) for text in texts.texts]
        for text in texts[max(buffer.seq + 1 - entry.first, 0) :]:
            buffer.delta(text)
    elif entry.last > buffer.seq:
        state = OUTCOMES.get(entry.kind)
        if state is None:
            buffer.event(entry.kind, entry.data)
        else:
            outcome: Outcome = _outcome.decode(entry.data)
            buffer.end(state, outcome)
    return True


def _streams(answer: Any) -> Iterable[tuple[bytes, list[Any]]]:
    """RESP3 answers a map of streams, RESP2 a list of pairs."""
    return answer.items() if isinstance(answer, dict) else answer or ()


class Followers:
    """``run`` is the only task; ``follow`` may be called at any time.

    A replica is followed for as long as somebody holds it, most often by a cursor: so one that was
    just handed out is not forgotten before it is read from.
    """

    def __init__(self, commands: Redis, blocking: Redis, journal: Journal, boot: BootId) -> None:
        self._commands = commands
        self._blocking = blocking
        self._journal = journal
        self._wake_key = wake_key(boot)
        self._wake_id = b"0-0"
        self._replicas: WeakValueDictionary[bytes, TurnBuffer] = WeakValueDictionary()
        self._unreadable: WeakSet[TurnBuffer] = WeakSet()
        self._resting: WeakKeyDictionary[TurnBuffer, float] = WeakKeyDictionary()
        self._added = asyncio.Event()

    @property
    def replicas(self) -> list[TurnBuffer]:
        return list(self._replicas.values())

    async def follow(self, turn: UUID, fresh: TurnBuffer) -> TurnBuffer:
        """The replica of a turn that runs elsewhere, brought to what its journal holds now;
        ``fresh`` is taken if there was none."""
        key = journal_key(turn).encode()
        replica = self._replicas.setdefault(key, fresh)
        # At once: whoever waits for it here may go, and leave it to others who came after.
        self._added.set()
        # Also where there was one: whoever made it may be waiting for its first reading yet.
        is_read = await self._load(replica)
        if replica is fresh and is_read:
            await self._nudge(key)
        return replica

    async def _nudge(self, key: bytes) -> None:
        """End the blocked read, which does not know of this one."""
        pipeline = self._commands.pipeline(transaction=False)
        _ = pipeline.xadd(self._wake_key, {"follow": key}, maxlen=1)
        _ = pipeline.expire(self._wake_key, WAKE_LIFE_S)
        try:
            await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("following.unavailable", extra=fields(error=repr(error)))

    async def run(self) -> None:
        """Follow for ever; outages are waited out, and nothing that is read ends the process."""
        while True:
            self._forget()
            if not self._replicas:
                self._added.clear()
                await self._added.wait()
            try:
                await self._read()
            except (RedisError, OSError) as error:
                log.warning("following.unavailable", extra=fields(error=repr(error)))
                await asyncio.sleep(AGAIN_S)
            except Exception:
                log.exception("following.crashed")
                await asyncio.sleep(AGAIN_S)

    def _forget(self) -> None:
        for key, buffer in list(self._replicas.items()):
            if buffer.has_ended:
                del self._replicas[key]

    async def _read(self) -> None:
        now = asyncio.get_running_loop().time()
        positions: dict[Any, Any] = {
            key: f"0-{buffer.seq}"
            for key, buffer in self._replicas.items()
            if buffer not in self._unreadable and self._resting.get(buffer, now) <= now
        }
        positions[self._wake_key] = self._wake_id
        answer: Any = await self._blocking.xread(positions, count=READ_ENTRIES, block=BLOCK_MS)
        behind = []
        for key, rows in _streams(answer):
            if key == self._wake_key.encode():
                self._wake_id = rows[-1][0]
            elif (buffer := self._replicas.get(key)) is not None and not self._apply_all(
                buffer, (entry_of(*row) for row in rows)
            ):
                behind.append(buffer)
        # All at once: after a flush every journal begins with a checkpoint.
        await asyncio.gather(*(self._close_gap(buffer) for buffer in behind))

    def _apply_all(self, buffer: TurnBuffer, entries: Iterable[Entry]) -> bool:
        """As ``apply``. An entry that can't be read leaves the replica as it is until the database
        knows the end."""
        try:
            return all(buffer.has_ended or apply(buffer, entry) for entry in entries)
        except UNREADABLE:
            self._give_up(buffer)
            return True

    def _give_up(self, buffer: TurnBuffer) -> None:
        log.exception("following.unreadable", extra=fields(turn=str(buffer.turn_id)))
        self._unreadable.add(buffer)

    async def _close_gap(self, buffer: TurnBuffer) -> None:
        seq = buffer.seq
        await self._load(buffer)
        if buffer.seq == seq:
            # Reading on would find the same hole again, without a pause.
            self._resting[buffer] = asyncio.get_running_loop().time() + AGAIN_S

    async def _load(self, buffer: TurnBuffer) -> bool:
        """Bring a replica to what the journal holds now; a checkpoint replaces what it had. False:
        Redis does not answer."""
        try:
            journaled = await self._journal.read(buffer.turn_id)
        except (RedisError, OSError) as error:
            log.warning("following.unavailable", extra=fields(error=repr(error)))
            return False
        except UNREADABLE:
            self._give_up(buffer)
            return True
        if journaled is None or buffer.has_ended:
            return True
        buffer.state = journaled.state
        if journaled.base_seq > buffer.seq:
            buffer.rebase(journaled.base_seq, journaled.base_text)
        self._apply_all(buffer, journaled.entries)
        return True
