"""The relay: takes usage events from the outbox to the stream, at least once, and keeps it short.

Any number of processes may run one; a row is sent by whoever has locked it. Redis or PostgreSQL
away costs time only: nothing leaves the outbox before it is on the stream, and nothing is taken
for billed before billing has said so.
"""

import asyncio
import logging
import random

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from server.domain.clock import Clock, utc_now
from server.domain.errors import ServiceUnavailable
from server.failpoints import reach
from server.persistence import outbox, usage_stream
from server.persistence.database import Database
from server.persistence.redis import USAGE_STREAM

BATCH = 500
"""Rows in one transaction: 20 ms, so that a kill in between sends little twice."""
POLL_S = 1.0
"""How long an event waits whose process died between its commit and the nudge."""
GATHER_S = 0.05
"""How long an event waits for others to be sent with it: at 100 turns/s a transaction for five of
them instead of each. It is billed, and shown to admins, so much later."""
SWEEP_S = 30.0
BACKOFF_FIRST_S, BACKOFF_MOST_S = 0.2, 5.0

_log = logging.getLogger(__name__)


class Relay:
    """``run`` is the body of a task; ``nudge`` after a commit saves the wait for the next poll."""

    def __init__(
        self,
        database: Database,
        redis: Redis,
        clock: Clock = utc_now,
        resend_after_s: float = outbox.REQUEUE_AFTER_S,
    ) -> None:
        self._database = database
        self._redis = redis
        self._clock = clock
        self._resend_after_s = resend_after_s
        self._bell = asyncio.Event()
        self._is_failing = False
        self._emptied_at = clock()

    @property
    def lag_s(self) -> float:
        """Since the outbox was last found empty: no event has waited for this process longer."""
        return (self._clock() - self._emptied_at).total_seconds()

    def nudge(self) -> None:
        """There is something to send."""
        self._bell.set()

    async def run(self) -> None:
        """Send, wait, sweep, until cancelled. Outages are waited out with growing pauses."""
        pause, swept_at = BACKOFF_FIRST_S, self._clock()
        while True:
            try:
                await self.flush()
                if (self._clock() - swept_at).total_seconds() >= SWEEP_S:
                    swept_at = self._clock()
                    await self.sweep()
            except (ServiceUnavailable, DBAPIError, RedisError, OSError) as error:
                self._failed(error)
                await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
                pause = min(BACKOFF_MOST_S, pause * 2)
                continue
            pause = BACKOFF_FIRST_S
            await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._bell.wait()
            await asyncio.sleep(GATHER_S)
        except TimeoutError:
            pass
        # Cleared before the outbox is read: a nudge that comes while it is read rings again.
        self._bell.clear()

    async def flush(self) -> int:
        """Send all that waits; for the end of a process under the caller's deadline.

        Answers how many events were sent. Raises ServiceUnavailable or RedisError in an outage.
        """
        sent = 0
        while True:
            batch = await self._send_batch()
            sent += batch
            if batch < BATCH:
                self._succeeded()
                return sent

    async def _send_batch(self) -> int:
        async with self._database.transaction() as tx:
            rows = await outbox.claim(tx, BATCH)
            if rows:
                async with self._redis.pipeline(transaction=False) as pipe:
                    for row in rows:
                        _ = pipe.xadd(USAGE_STREAM, {usage_stream.EVENT: row.payload})
                    await pipe.execute()
                reach("relay.sent")
                await outbox.mark_published(tx, [row.id for row in rows])
        if rows:
            reach("relay.marked")
        return len(rows)

    async def sweep(self) -> None:
        """Send again what was sent and never billed, and shorten the stream by what was."""
        waiting = await usage_stream.waiting_since(self._redis)
        async with self._database.transaction() as tx:
            again = await outbox.requeue_unapplied(
                tx, waiting_since=waiting, older_than_s=self._resend_after_s
            )
        if again:
            _log.warning("%d usage events are sent again: billing has not written them", len(again))
            self.nudge()
        await usage_stream.trim(self._redis)

    def _failed(self, error: Exception) -> None:
        if not self._is_failing:
            self._is_failing = True
            _log.warning("usage events wait in the outbox: %s", error)

    def _succeeded(self) -> None:
        self._emptied_at = self._clock()
        if self._is_failing:
            self._is_failing = False
            _log.info("usage events leave the outbox again")
