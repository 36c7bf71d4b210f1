"""A turn's events in Redis, for followers in other processes and for attaching after a restart.

The journal is written behind the buffers, in batches for all turns of the process, ``pause_s``
apart: no round trip a token. It is a copy, never the record: a flush of Redis loses nothing, the
next append writes a checkpoint of the whole text and goes on.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from importlib.resources import files
from uuid import UUID

from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from server.domain.turn import TurnState
from server.persistence.redis import journal_key, journal_state_key
from server.telemetry.logs import fields
from server.turns.buffer import TurnBuffer
from server.turns.writer import Writer

log = logging.getLogger(__name__)

BATCH_S, BATCH_MOST_S = 0.025, 0.25
"""Between two appends, with few turns and with many: what followers elsewhere lag at most, and what
a killed process loses."""

TURN_S = 0.0006
"""Added for each turn. A turn's part of a batch costs 20 µs here and 12 in Valkey, however much is
new in it (measured): so the journal takes a thirtieth of a core, from 40 turns to 400."""

RETRY_S = 0.5

ENDED_MAX = 2_000
"""Ended turns that wait for Redis to come back. More are left out: an ended turn can be read from
the database as well."""

PIPELINE_BYTES, PIPELINE_TURNS = 1024 * 1024, 64
"""In one pipeline, or little more: sending it has a timeout of 2 s, and while it is built, for some
1.3 ms, every stream of the process waits."""

_SCRIPT = files("server.turns").joinpath("journal.lua").read_text()


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
        self._last_batch = 0

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
            await asyncio.sleep(pause_s(self._last_batch))
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
            batch = deque(self._dirty)
            self._dirty.clear()
            self._last_batch = len(batch)
            if not batch:
                return True
            try:
                await self._append(batch)
            except (RedisError, OSError, TimeoutError) as error:
                self._failed(batch, error)
                return False
            self._is_failing = False
            return True

    def _failed(self, batch: Iterable[Writer], error: Exception) -> None:
        if not self._is_failing:
            self._is_failing = True
            log.warning("journal.unavailable", extra=fields(error=repr(error)))
        self._dirty = dict.fromkeys([*batch, *self._dirty])
        ended = [writer for writer in self._dirty if writer.buffer.has_ended]
        for writer in ended[: max(len(ended) - ENDED_MAX, 0)]:
            writer.close()
            del self._dirty[writer]
        self._wake.set()

    async def _append(self, batch: deque[Writer]) -> None:
        """Take from ``batch`` what Redis has taken, pipeline by pipeline."""
        while batch:
            try:
                await self._send(batch)
            except NoScriptError:  # Redis was restarted or its scripts flushed
                self._script_hash = ""
                await self._send(batch)

    async def _send(self, batch: deque[Writer]) -> None:
        if not self._script_hash:
            self._script_hash = await self._redis.script_load(_SCRIPT)
        pipeline = self._redis.pipeline(transaction=False)
        sent, size = list[Writer](), 0
        for writer in batch:
            arguments, bytes_ = writer.arguments()
            _ = pipeline.evalsha(self._script_hash, 2, *writer.keys, *arguments)
            sent.append(writer)
            size += bytes_
            if size >= PIPELINE_BYTES or len(sent) >= PIPELINE_TURNS:
                break
        answers = await pipeline.execute(raise_on_error=False)
        failure: Exception | None = None
        for writer, answer in zip(sent, answers, strict=True):
            batch.popleft()
            if isinstance(answer, Exception):
                failure = answer
                batch.append(writer)
            else:
                self._written(writer, answer)
        if failure is not None:
            raise failure

    def _written(self, writer: Writer, answer: list[bytes | int]) -> None:
        status, last = answer[0], int(answer[1])
        turn = writer.buffer.turn_id
        if status == b"fenced":
            writer.close()
            self._on_fenced(turn)
        elif status == b"gap":
            writer.missed()
        else:
            writer.took(last)
            if writer.is_full:
                log.warning("journal.full", extra=fields(turn=str(turn)))

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


def pause_s(turns: int) -> float:
    """How long to gather before the next batch, when the last one was of so many turns."""
    return min(max(turns * TURN_S, BATCH_S), BATCH_MOST_S)


def entry_of(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    return Entry(
        first=int(fields[b"first"]),
        last=int(entry_id.rpartition(b"-")[2]),
        kind=fields[b"kind"].decode(),
        data=fields[b"data"],
    )
