"""A turn's events in Redis, for followers in other processes and for attaching after a restart.

The journal is written behind the buffers, in one pipeline for all turns of the process every
``BATCH_S``: no round trip a token. It is a copy, never the record: a flush of Redis loses nothing,
the next append writes a checkpoint of the whole text and goes on.
"""

import asyncio
import logging
from collections.abc import Callable
from importlib.resources import files
from uuid import UUID

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from server.domain.turn import TurnState
from server.persistence.redis import (
    JOURNAL_ENDED_S,
    JOURNAL_LIVE_S,
    journal_key,
    journal_state_key,
)
from server.telemetry.logs import fields
from server.turns.buffer import TurnBuffer

log = logging.getLogger(__name__)

BATCH_S = 0.025
"""Between two appends: what followers elsewhere lag at most, and what a killed process loses."""

CHECKPOINT_EVENTS = 1_000
"""Events between two checkpoints; what lies before one is trimmed."""

RETRY_S = 0.5

ENDED_MAX = 2_000
"""Ended turns that wait for Redis to come back. More are left out: an ended turn can be read from
the database as well."""

_SCRIPT = files("server.turns").joinpath("journal.lua").read_text()
_pack = msgspec.msgpack.Encoder().encode


class Entry(Struct, frozen=True, kw_only=True):
    """One stream entry: the texts of deltas ``first … last``, or one encoded event (``kind``)."""

    first: int
    last: int
    kind: str
    data: bytes


class Journaled(Struct, frozen=True, kw_only=True):
    """What the journal holds of a turn: everything after ``base_seq``, and the text up to it."""

    seq: int
    state: TurnState
    base_seq: int
    base_text: str
    entries: list[Entry]


class Writer:
    """The journal's own place in one local buffer. A buffer without its beginning is written
    behind a checkpoint."""

    def __init__(self, buffer: TurnBuffer, fence: int, touched: Callable[["Writer"], None]) -> None:
        self.buffer = buffer
        self.fence = fence
        self.written = buffer.base_seq
        self.checkpoint = buffer.base_seq
        self.owes_checkpoint = buffer.base_seq > 0
        self._touched = touched
        buffer.follow(self.touch)

    def touch(self) -> None:
        self._touched(self)

    def close(self) -> None:
        self.buffer.unfollow(self.touch)

    def arguments(self) -> list[str | bytes | int]:
        """The script's arguments for everything not written yet."""
        buffer = self.buffer
        if self.written - self.checkpoint >= CHECKPOINT_EVENTS:
            self.owes_checkpoint = True
        life = JOURNAL_ENDED_S if buffer.has_ended else JOURNAL_LIVE_S
        head: list[str | bytes | int] = [self.fence, life, buffer.state.value]
        if self.owes_checkpoint:
            # Of what was written before, so that a follower that keeps up misses nothing; and no
            # further than a snapshot reaches, for replicas have no other beginning.
            checkpoint = buffer.fitting(self.written)
            head += [checkpoint, buffer.text_until(checkpoint)]
        else:
            head += [0, b""]
        return [*head, *_entries(buffer, self.written)]

    def took(self, seq: int, last: int) -> None:
        """Redis has everything up to ``seq``; ``last`` is the newest that it has at all."""
        if self.owes_checkpoint:
            self.owes_checkpoint, self.checkpoint = False, self.written
        self.written = max(seq, min(last, self.buffer.seq))
        if self.buffer.seq > self.written:
            self.touch()
        elif self.buffer.has_ended:
            self.close()


def _entries(buffer: TurnBuffer, after: int) -> list[str | bytes | int]:
    arguments: list[str | bytes | int] = []
    for first, last, kind, data in buffer.runs(after):
        arguments += [first, last, kind, data if isinstance(data, bytes) else _pack(data)]
    return arguments


class Journal:
    """Appends for every turn that this process runs; reads for whoever asks.

    ``run`` is the only task. ``on_fenced`` hears of a turn that another process has ended.
    """

    def __init__(self, redis: Redis, on_fenced: Callable[[UUID], None]) -> None:
        self._redis = redis
        self._on_fenced = on_fenced
        self._dirty: dict[Writer, None] = {}  # in the order in which they were touched
        self._wake = asyncio.Event()
        self._appending = asyncio.Lock()
        self._script_hash = ""
        self._is_failing = False

    def open(self, buffer: TurnBuffer, fence: int) -> Writer:
        """Copy this buffer from now on, until it has ended and all of it is written."""
        writer = Writer(buffer, fence, self._touched)
        writer.touch()
        return writer

    def _touched(self, writer: Writer) -> None:
        self._dirty[writer] = None
        self._wake.set()

    async def run(self) -> None:
        """Write batches for ever. Redis away: what waits is written when it is back."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(BATCH_S)
            try:
                taken = await self.flush()
            except Exception:  # the journal is a copy: no event may end the process through it
                log.exception("journal.crashed")
                taken = False
            if not taken:
                await asyncio.sleep(RETRY_S)

    async def flush(self) -> bool:
        """Write everything that waits; False when Redis did not take it."""
        async with self._appending:
            self._wake.clear()
            # What is touched while this batch is on its way waits for the next one.
            batch = list(self._dirty)
            self._dirty.clear()
            if not batch:
                return True
            try:
                await self._append(batch)
            except (RedisError, OSError, TimeoutError) as error:
                self._failed(batch, error)
                return False
            self._is_failing = False
            return True

    def _failed(self, batch: list[Writer], error: Exception) -> None:
        if not self._is_failing:
            self._is_failing = True
            log.warning("journal.unavailable", extra=fields(error=repr(error)))
        self._dirty = dict.fromkeys([*batch, *self._dirty])
        ended = [writer for writer in self._dirty if writer.buffer.has_ended]
        for writer in ended[: max(len(ended) - ENDED_MAX, 0)]:
            writer.close()
            del self._dirty[writer]
        self._wake.set()

    async def _append(self, batch: list[Writer]) -> None:
        try:
            await self._send(batch)
        except NoScriptError:  # Redis was restarted or its scripts flushed
            self._script_hash = ""
            await self._send(batch)

    async def _send(self, batch: list[Writer]) -> None:
        if not self._script_hash:
            self._script_hash = await self._redis.script_load(_SCRIPT)
        sent = [writer.buffer.seq for writer in batch]
        pipeline = self._redis.pipeline(transaction=False)
        for writer in batch:
            turn = writer.buffer.turn_id
            keys = (journal_key(turn), journal_state_key(turn))
            _ = pipeline.evalsha(self._script_hash, 2, *keys, *writer.arguments())
        answers = await pipeline.execute(raise_on_error=False)
        failure: Exception | None = None
        for writer, seq, answer in zip(batch, sent, answers, strict=True):
            if isinstance(answer, Exception):
                failure = answer
            else:
                self._written(writer, seq, answer)
        if failure is not None:
            raise failure

    def _written(self, writer: Writer, seq: int, answer: list[bytes | int]) -> None:
        status, last = answer[0], int(answer[1])
        if status == b"fenced":
            writer.close()
            self._on_fenced(writer.buffer.turn_id)
        elif status == b"gap":
            writer.owes_checkpoint = True
            writer.written = writer.buffer.fitting(writer.written)
            writer.touch()
        else:
            writer.took(seq, last)

    async def read(self, turn: UUID) -> Journaled | None:
        """What is there of a turn, at one moment; None when it has expired or was flushed.

        Raises:
            RedisError: Redis does not answer.
        """
        pipeline = self._redis.pipeline(transaction=True)
        _ = pipeline.hmget(journal_state_key(turn), ["seq", "state", "base_seq", "base_text"])
        _ = pipeline.xrange(journal_key(turn))
        (seq, state, base_seq, base_text), rows = await pipeline.execute()
        if seq is None or state is None:
            return None
        return Journaled(
            seq=int(seq),
            state=TurnState(state.decode()),
            base_seq=int(base_seq or 0),
            base_text=(base_text or b"").decode(),
            entries=[entry_of(entry_id, fields) for entry_id, fields in rows],
        )


def entry_of(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    return Entry(
        first=int(fields[b"first"]),
        last=int(entry_id.rpartition(b"-")[2]),
        kind=fields[b"kind"].decode(),
        data=fields[b"data"],
    )
