"""Live costs of one process: a snapshot joined with the tail of the usage stream, by call id.

The position on the stream is noted before the snapshot is read, so nothing falls between; what the
snapshot already has is dropped by its id when it comes by. One instance serves all who watch, and
while nobody does it reads nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import anyio
from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy.exc import DBAPIError

from billing import costqueries, live
from billing.alerts import Alert, open_alerts
from billing.costboard import Board
from billing.costbook import Cost, CostBook, Key
from billing.costhistory import past_view
from billing.costseen import Seen, Unsure
from billing.costviews import Query, View, view
from server.domain.clock import Clock, utc_now
from server.domain.errors import ServiceUnavailable
from server.domain.usage import CallOutcome, UsageEvent
from server.persistence.database import Database
from server.persistence.redis import BLOCK_MS, USAGE_STREAM
from server.persistence.usage_stream import EVENT

READ_MAX = 500
LATE_S = 30.0
"""A follower that has read nothing for this long may have missed trimmed entries."""
TICK_S = live.PUBLISH_EVERY_S
RETRY_S = 2.0
ALERTS_S = 1.0
"""Between two looks at the open alerts."""

OUTAGES = (RedisError, ServiceUnavailable, DBAPIError, OSError)

_log = logging.getLogger(__name__)
_decode = Decoder(UsageEvent).decode


class _Gap(Exception):
    """Something may have been missed: begin again with a snapshot."""


class LiveCosts:
    """``redis`` is for commands, ``blocking`` for waiting reads. ``run`` is the body of a task.

    Who watches stays inside ``watching()``, waits with ``changed``, and reads what a ``board`` of
    its own has by then. ``running`` and ``alerts`` are what runs and what is open now.
    ``generation`` grows when figures begin again with a snapshot: boards before it stand still.
    ``stale_since``: the figures stand still since then, because an engine does not answer.
    """

    def __init__(
        self, database: Database, redis: Redis, blocking: Redis, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._redis = redis
        self._blocking = blocking
        self._clock = clock
        self._watchers = 0
        self._wanted = asyncio.Event()
        self._unwanted = asyncio.Event()
        self._bell = asyncio.Condition()
        self._book: CostBook | None = None
        self._names: dict[UUID, str] = {}
        self.running: Sequence[live.LiveCost] = ()
        self.alerts: Sequence[Alert] = ()
        self.watermark = 0
        self.generation = 0
        self.stale_since: datetime | None = None

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Keep the figures alive for as long as the body runs."""
        self._watchers += 1
        self._unwanted.clear()
        self._wanted.set()
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._wanted.clear()
                self._unwanted.set()

    async def changed(self, after: int) -> int:
        """Wait until ``watermark`` is above ``after``; a snapshot that begins again, figures that
        become stale and the passing of time raise it too. With 0: until there is anything."""
        async with self._bell:
            await self._bell.wait_for(lambda: self.watermark > after)
            return self.watermark

    @property
    def is_ready(self) -> bool:
        """Whether ``view`` can answer."""
        return self._book is not None

    async def board(self, query: Query) -> Board:
        """A rolling window that is kept up to date until ``close``. Raises LookupError as ``view``
        does. Reading a busy book takes a second: others go on meanwhile."""
        book = self._whole()
        board = Board(book, query)
        book.listeners.add(board)
        try:
            for _ in board.read():
                await asyncio.sleep(0)
        except BaseException:
            book.listeners.discard(board)
            raise
        return board

    def close(self, board: Board) -> None:
        if self._book is not None:
            self._book.listeners.discard(board)

    def view(self, query: Query) -> View:
        """What that query sees now, added up anew: for a window that stands.

        Raises LookupError before the first snapshot; ``changed(0)`` waits for it.
        """
        return view(self._whole(), self.running, query)

    def _whole(self) -> CostBook:
        if self._book is None:
            raise LookupError("no snapshot yet")
        return self._book

    async def past(self, query: Query) -> View:
        """A window that reaches back further than the live day: its curve, ranking, errors and
        dearest calls from the database, totals and running turns as they are now.

        Raises ServiceUnavailable.
        """
        return await past_view(self._database, query, self.view(query), self._clock())

    def reaches(self, query: Query) -> bool:
        """Whether ``view`` has the whole window of a query; ``past`` has it else."""
        start, _ = query.window(self._clock())
        return start > self._clock() - timedelta(days=1)

    def name_of(self, key: str) -> str:
        """What people call a creator, given its id as text; anything else is its own name."""
        try:
            return self._names.get(UUID(key), key)
        except ValueError:
            return key

    async def run(self) -> None:
        """Follow while somebody watches, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                await self._watch()
            except _Gap:
                _log.info("live costs begin again with a snapshot")
                await asyncio.sleep(RETRY_S)
            except OUTAGES as error:
                if self.stale_since is None:
                    _log.warning("live costs stand still: %s", error)
                    self.stale_since = self._clock()
                    await self._ring()
                await asyncio.sleep(RETRY_S)

    async def _watch(self) -> None:
        """A snapshot and its tail, until nobody watches. Raises _Gap, or what an outage raises."""
        position, added = await self._position()
        book, seen = await self._read_snapshot()
        self._book = book
        self.stale_since = None
        self.generation += 1
        await self._ring()
        try:
            async with anyio.create_task_group() as jobs:
                jobs.start_soon(self._follow, book, seen, position, added)
                jobs.start_soon(self._tick, book)
                await self._unwanted.wait()
                jobs.cancel_scope.cancel()
        except* (_Gap, *OUTAGES) as group:
            raise _first(group) from group
        self._book, self.running, self.alerts, self._names = None, (), (), {}

    async def _position(self) -> tuple[str, int]:
        """The newest entry of the stream, and how many it ever had."""
        try:
            info: Any = await self._redis.xinfo_stream(USAGE_STREAM)
        except ResponseError:  # there is no stream
            return "0-0", 0
        return info["last-generated-id"].decode(), int(info["entries-added"])

    async def _read_snapshot(self) -> tuple[CostBook, Seen]:
        now = self._clock()
        book = CostBook(now)
        until = now + timedelta(minutes=5)  # another process's clock may be ahead of ours
        month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        async with self._database.snapshot() as snapshot:
            await costqueries.allow_time(snapshot)
            async for total in costqueries.sums(snapshot, month, until, 31 * 86_400):
                book.month.add(total.key, total.usd, total.calls, total.failed)
            async for total in costqueries.sums(snapshot, now - timedelta(days=1), until, 60):
                book.seed_minute(total.second, total.key, total.usd, total.calls, total.failed)
            async for total in costqueries.sums(snapshot, now - timedelta(hours=1), until, 1):
                book.seed_second(total.second, total.key, total.usd, total.calls, total.failed)
            for seconds in (300, 3_600, 86_400):
                since = now - timedelta(seconds=seconds)
                for cost in await costqueries.dearest(snapshot, since, until, 100):
                    book.remember(cost)
            self.alerts = await open_alerts(snapshot)
            return book, Seen(await costqueries.counted(snapshot))

    async def _follow(self, book: CostBook, seen: Seen, position: str, added: int) -> None:
        loop = asyncio.get_running_loop()
        read_at = loop.time()
        while True:
            reply: Any = await self._blocking.xread(
                {USAGE_STREAM: position}, count=READ_MAX, block=BLOCK_MS
            )
            _, now_added = await self._position()
            if loop.time() - read_at > LATE_S or now_added < added:
                raise _Gap  # trimmed before we came, or another stream since a flush
            read_at, added = loop.time(), now_added
            if reply:
                entries = reply[0][1]
                book.advance(self._clock())
                count(book, seen, [fields.get(EVENT, b"") for _, fields in entries])
                position = entries[-1][0].decode()
                await self._ring()

    async def _tick(self, book: CostBook) -> None:
        """Time passes, turns run, names become known, alerts open and close."""
        now = asyncio.get_running_loop().time
        looked_at = -ALERTS_S
        while True:
            self.running = live.merged(await live.read_all(self._redis))
            book.advance(self._clock())
            if now() - looked_at >= ALERTS_S:
                looked_at = now()
                async with self._database.snapshot() as snapshot:
                    self.alerts = await open_alerts(snapshot)
            await self._learn_names(book)
            await self._ring()
            await asyncio.sleep(TICK_S)

    async def _learn_names(self, book: CostBook) -> None:
        known = {key.creator for key in book.minutes.sums} | {
            key.creator for key in book.today.cells
        }
        unknown = list(known - self._names.keys())[:READ_MAX]
        if unknown:
            async with self._database.snapshot() as snapshot:
                found = await costqueries.names(snapshot, unknown)
            self._names.update({creator: found.get(creator, str(creator)) for creator in unknown})

    async def _ring(self) -> None:
        async with self._bell:
            self.watermark += 1
            self._bell.notify_all()


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    """One of what happened together: an outage rather than a gap, for a snapshot needs both."""
    found = [error for error in group.exceptions if isinstance(error, Exception)]
    return next((error for error in found if isinstance(error, OUTAGES)), found[0])


def count(book: CostBook, seen: Seen, payloads: Sequence[bytes]) -> None:
    """Add the events that come by for the first time. Raises _Gap: only a snapshot can tell."""
    for payload in payloads:
        try:
            event = _decode(payload)
        except (DecodeError, ValidationError):
            continue  # billing puts it aside and says so
        try:
            is_new = seen.is_new(event.call_id, event.at)
        except Unsure as error:
            raise _Gap from error
        if is_new:
            book.add(cost_of(event))


def cost_of(event: UsageEvent) -> Cost:
    """The part of a usage event that a live feed shows."""
    return Cost(
        call_id=event.call_id,
        key=Key(event.creator_id, event.feature, event.agent, event.model, event.provider),
        cost_usd=event.cost_usd,
        failed=event.outcome is CallOutcome.FAILED,
        at=event.at,
    )
