"""Turns that run in other processes, followed through their journals by one blocked read.

Each followed turn has a replica of its buffer here, so cursors do not know the difference.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.domain.ids import BootId
from server.domain.turn import TurnState
from server.persistence.redis import BLOCK_MS, journal_key, wake_key
from server.protocol.events import Outcome, TurnCancelled, TurnCompleted, TurnFailed
from server.turns.buffer import TurnBuffer
from server.turns.journal import Entry, Journal, entry_of
from server.turns.storage import Storage

log = logging.getLogger(__name__)

READ_ENTRIES = 500
AGAIN_S = 1.0

OUTCOMES: dict[str, TurnState] = {
    "turn.completed": TurnState.COMPLETED,
    "turn.failed": TurnState.FAILED,
    "turn.cancelled": TurnState.CANCELLED,
}
_texts = msgspec.msgpack.Decoder(list[str])
_outcome = msgspec.json.Decoder(TurnCompleted | TurnFailed | TurnCancelled)


def apply(buffer: TurnBuffer, entry: Entry) -> bool:
    """Add what is new of ``entry``; False: something before it is missing."""
    if entry.first > buffer.seq + 1:
        return False
    if entry.kind == "delta":
        for text in _texts.decode(entry.data)[max(buffer.seq + 1 - entry.first, 0) :]:
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
    """``run`` is the only task; ``follow`` may be called at any time."""

    def __init__(
        self, commands: Redis, blocking: Redis, journal: Journal, storage: Storage, boot: BootId
    ) -> None:
        self._commands = commands
        self._blocking = blocking
        self._journal = journal
        self._storage = storage
        self._wake_key = wake_key(boot)
        self._wake_id = b"0-0"
        self._replicas: dict[bytes, TurnBuffer] = {}
        self._added = asyncio.Event()

    async def follow(self, turn: UUID, fresh: TurnBuffer) -> TurnBuffer:
        """The replica of a turn that runs elsewhere; ``fresh`` is taken if there was none."""
        key = journal_key(turn).encode()
        if key not in self._replicas:
            self._replicas[key] = fresh
            await self._load(fresh)
            self._added.set()
            try:
                await self._commands.xadd(self._wake_key, {"follow": key}, maxlen=1)
                await self._commands.expire(self._wake_key, BLOCK_MS)
            except (RedisError, OSError) as error:
                log.warning("following.unavailable", extra={"error": repr(error)})
        return self._replicas.get(key, fresh)

    async def run(self) -> None:
        while True:
            self._forget()
            if not self._replicas:
                self._added.clear()
                await self._added.wait()
            try:
                await self._read()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("following.unavailable", extra={"error": repr(error)})
                await asyncio.sleep(AGAIN_S)
                await self._look_up()

    def _forget(self) -> None:
        for key, buffer in list(self._replicas.items()):
            if buffer.has_ended or not buffer.is_followed:
                del self._replicas[key]

    async def _read(self) -> None:
        positions: dict[Any, Any] = {
            key: f"0-{buffer.seq}" for key, buffer in self._replicas.items()
        }
        positions[self._wake_key] = self._wake_id
        answer: Any = await self._blocking.xread(positions, count=READ_ENTRIES, block=BLOCK_MS)
        for key, rows in _streams(answer):
            buffer = self._replicas.get(key)
            if buffer is None:
                self._wake_id = rows[-1][0]
                continue
            for entry_id, fields in rows:
                if not buffer.has_ended and not apply(buffer, entry_of(entry_id, fields)):
                    await self._load(buffer)
                    break
        if not answer:
            await self._look_up()

    async def _load(self, buffer: TurnBuffer) -> None:
        """Bring a replica to what the journal holds now; a checkpoint replaces what it had."""
        try:
            journaled = await self._journal.read(buffer.turn_id)
        except (RedisError, OSError) as error:
            log.warning("following.unavailable", extra={"error": repr(error)})
            return
        if journaled is None:
            return
        buffer.state = journaled.state
        if journaled.base_seq > buffer.seq:
            buffer.rebase(journaled.base_seq, journaled.base_text)
        for entry in journaled.entries:
            if not buffer.has_ended:
                apply(buffer, entry)

    async def _look_up(self) -> None:
        """Nothing came for a while: end replicas whose turn has ended without a journal."""
        for buffer in list(self._replicas.values()):
            if not buffer.has_ended:
                await self._storage.end_if_over(buffer)
