"""A consumer of the usage stream: batch, write once, acknowledge, claim, put aside.

Acknowledged only after the commit that wrote it: a crash in between delivers again, and what is
written twice counts once. What waiting mends is waited for and never counted against an event;
what waiting does not mend is delivered three times and then put aside, alone.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import DecodeError, Struct, ValidationError
from msgspec.json import Decoder
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from billing.consumers.deadletters import put_aside
from billing.consumers.failures import is_transient, reason_of
from server.domain.usage import UsageEvent
from server.failpoints import reach
from server.persistence.database import Database, Tx
from server.persistence.redis import BLOCK_MS, USAGE_GROUP, USAGE_STREAM
from server.persistence.usage_stream import EVENT

BATCH = 200
"""Entries in one transaction: far above what a second brings at the goal of 500 turns/s when the
worker keeps up, small enough that a batch that fails is split in a second."""
DELIVERIES = 3
"""How often an event is tried that fails by its own fault."""
RETRY_S = 1.0
CLAIM_IDLE_MS = 60_000
"""An entry that its consumer has not acknowledged for this long: that process is gone."""
CLAIM_EVERY_S = 10.0
FORGET_IDLE_MS = 60 * 60_000
BACKOFF_FIRST_S, BACKOFF_MOST_S = 0.1, 5.0

Handle = Callable[[Tx, Sequence[UsageEvent]], Awaitable[Sequence[UsageEvent]]]
"""Writes what is not written yet, and answers which of them that was."""

_log = logging.getLogger(__name__)
_decode = Decoder(UsageEvent).decode


class Entry(Struct, frozen=True, kw_only=True):
    """One delivery: its id on the stream and the event as JSON. ``payload`` None: somebody has cut
    the stream, and the entry is no more; the outbox sends its event again."""

    id: str
    payload: bytes | None


class Failed(Struct, frozen=True, kw_only=True):
    """An entry that cannot be written, and why."""

    entry: Entry
    reason: str


class Batch(Struct, frozen=True, kw_only=True):
    """What became of one: events that were written now, by this delivery, and what cannot be."""

    written: Sequence[UsageEvent] = ()
    failed: Sequence[Failed] = ()


class GroupConsumer:
    """One member of a consumer group. ``redis`` is for commands, ``blocking`` for waiting reads;
    ``name`` is unique among all processes alive. ``on_written`` hears of events once they are
    committed, of each once; a crash in between keeps some from it."""

    def __init__(
        self,
        database: Database,
        redis: Redis,
        blocking: Redis,
        handle: Handle,
        *,
        name: str,
        claim_idle_ms: int = CLAIM_IDLE_MS,
        on_written: Callable[[Sequence[UsageEvent]], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._redis = redis
        self._blocking = blocking
        self._handle = handle
        self._name = name
        self._claim_idle_ms = claim_idle_ms
        self._on_written = on_written
        self._stopping = asyncio.Event()
        self._retry_at: float | None = None
        self._claim_at = 0.0

    def stop(self) -> None:
        """Finish the batch at hand, then leave ``run``."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until ``stop``. Outages of either engine are waited out."""
        pause, is_joined = BACKOFF_FIRST_S, False
        while not self._stopping.is_set():
            try:
                if not is_joined:
                    await self.join()
                    is_joined = True
                await self.step()
                pause = BACKOFF_FIRST_S
            except (RedisError, OSError) as error:
                # A reply may be lost: what it delivered is read again from our own pending ones.
                is_joined = False
                if not (isinstance(error, ResponseError) and "NOGROUP" in str(error)):
                    _log.warning("the usage stream does not answer: %s", error)
                await self._rest(pause)
                pause = min(BACKOFF_MOST_S, pause * 2)
        await self._leave()

    async def join(self) -> None:
        """Make the group where it is missing, from the beginning: after a flush everything on the
        stream is new, and what was billed before counts once. Then our own unfinished entries."""
        try:
            await self._redis.xgroup_create(USAGE_STREAM, USAGE_GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        await self._own_pending()

    async def step(self, block_ms: int = BLOCK_MS) -> int:
        """One round: what failed before, what others left, what is new. Answers how many."""
        now = asyncio.get_running_loop().time()
        count = 0
        if self._retry_at is not None and now >= self._retry_at:
            self._retry_at = None
            count += await self._own_pending()
        if now >= self._claim_at:
            self._claim_at = now + CLAIM_EVERY_S
            count += await self._claim()
        if self._retry_at is not None:
            block_ms = min(block_ms, max(1, round((self._retry_at - now) * 1_000)))
        entries = await self._read(">", block_ms)
        await self.process(entries)
        return count + len(entries)

    async def _own_pending(self) -> int:
        after, count = "0", 0
        while entries := await self._read(after):
            await self.process(entries)
            after, count = entries[-1].id, count + len(entries)
        return count

    async def _read(self, after: str, block_ms: int | None = None) -> list[Entry]:
        client = self._redis if block_ms is None else self._blocking
        reply: Any = await client.xreadgroup(
            USAGE_GROUP, self._name, {USAGE_STREAM: after}, count=BATCH, block=block_ms
        )
        return _entries(reply[0][1]) if reply else []

    async def _claim(self) -> int:
        cursor, count = "0-0", 0
        while not self._stopping.is_set():
            reply: Any = await self._redis.xautoclaim(
                USAGE_STREAM, USAGE_GROUP, self._name, self._claim_idle_ms, cursor, count=BATCH
            )
            entries = _entries(reply[1])
            await self.process(entries)
            cursor, count = reply[0].decode(), count + len(entries)
            if cursor == "0-0":
                break
        await self._forget_the_gone()
        return count

    async def process(self, entries: Sequence[Entry]) -> None:
        """Write a batch, acknowledge it, and see to the entries that cannot be written."""
        events: list[tuple[Entry, UsageEvent]] = []
        failed: list[Failed] = []
        for entry in entries:
            if entry.payload is None:
                continue
            try:
                events.append((entry, _decode(entry.payload)))
            except (DecodeError, ValidationError, ValueError, RecursionError) as error:
                failed.append(Failed(entry=entry, reason=reason_of(error)))
        if events:
            reach("worker.read")
            batch = await self._write(events)
            if batch is None:
                return  # stopped during an outage: the entries stay ours, or are claimed
            failed += batch.failed
            reach("worker.committed")
            if batch.written:
                self._on_written(batch.written)
        beyond = {failure.entry.id for failure in failed}
        done = [entry.id for entry in entries if entry.id not in beyond]
        if done:
            await self._redis.xack(USAGE_STREAM, USAGE_GROUP, *done)
        if failed:
            await self._see_to(failed)

    async def _write(self, events: Sequence[tuple[Entry, UsageEvent]]) -> Batch | None:
        """Write all, or all but those at fault. None: told to stop before it could."""

        async def whole(tx: Tx) -> Batch:
            written = await self._handle(tx, [event for _, event in events])
            reach("worker.written")
            return Batch(written=written)

        try:
            return await self._patiently(whole)
        except Exception as error:  # by the data: what waiting mends has been waited for
            _log.info("a batch of usage events is split: %s", reason_of(error))
        return await self._patiently(lambda tx: self._split(tx, events))

    async def _split(self, tx: Tx, events: Sequence[tuple[Entry, UsageEvent]]) -> Batch:
        """Write all; when that fails by the data, halves of it, under savepoints, down to the
        entry at fault. Raises what waiting may mend."""
        try:
            async with tx.begin_nested():
                written = await self._handle(tx, [event for _, event in events])
        except Exception as error:
            if is_transient(error):
                raise
            if len(events) == 1:
                return Batch(failed=[Failed(entry=events[0][0], reason=reason_of(error))])
            middle = len(events) // 2
            first = await self._split(tx, events[:middle])
            second = await self._split(tx, events[middle:])
            return Batch(
                written=[*first.written, *second.written], failed=[*first.failed, *second.failed]
            )
        reach("worker.written")
        return Batch(written=written)

    async def _patiently(self, work: Callable[[Tx], Awaitable[Batch]]) -> Batch | None:
        """Run a transaction until it commits; None: told to stop before it could."""
        pause = BACKOFF_FIRST_S
        while True:
            try:
                return await self._database.run(work)
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("usage events wait for the database: %s", error)
            if self._stopping.is_set():
                return None
            await self._rest(pause)
            pause = min(BACKOFF_MOST_S, pause * 2)

    async def _see_to(self, failed: Sequence[Failed]) -> None:
        for failure in failed:
            id_ = failure.entry.id
            pending: Any = await self._redis.xpending_range(
                USAGE_STREAM, USAGE_GROUP, min=id_, max=id_, count=1
            )
            if pending and pending[0]["times_delivered"] < DELIVERIES:
                self._retry_at = asyncio.get_running_loop().time() + RETRY_S
                continue
            await self._put_aside(failure)

    async def _put_aside(self, failure: Failed) -> None:
        async def work(tx: Tx) -> Batch:
            await put_aside(tx, failure.entry.id, failure.entry.payload or b"", failure.reason)
            return Batch()

        if await self._patiently(work) is None:
            return
        _log.error("usage event %s was put aside: %s", failure.entry.id, failure.reason)
        await self._redis.xack(USAGE_STREAM, USAGE_GROUP, failure.entry.id)

    async def _forget_the_gone(self) -> None:
        """Names of processes that ended long ago and left nothing."""
        consumers: Any = await self._redis.xinfo_consumers(USAGE_STREAM, USAGE_GROUP)
        for consumer in consumers:
            if consumer["pending"] == 0 and consumer["idle"] > FORGET_IDLE_MS:
                await self._redis.xgroup_delconsumer(USAGE_STREAM, USAGE_GROUP, consumer["name"])

    async def _leave(self) -> None:
        try:
            pending: Any = await self._redis.xpending_range(
                USAGE_STREAM, USAGE_GROUP, min="-", max="+", count=1, consumername=self._name
            )
            if not pending:
                await self._redis.xgroup_delconsumer(USAGE_STREAM, USAGE_GROUP, self._name)
        except (RedisError, OSError) as error:
            _log.info("left without saying goodbye to the stream: %s", error)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds * random.uniform(0.8, 1.2)):  # noqa: S311 - jitter
                await self._stopping.wait()
        except TimeoutError:
            pass


def _entries(reply: Sequence[Any]) -> list[Entry]:
    """Deliveries from a reply; an entry that is no more on the stream has no fields."""
    return [
        Entry(id=id_.decode(), payload=fields.get(EVENT, b"") if fields else None)
        for id_, fields in reply
    ]
