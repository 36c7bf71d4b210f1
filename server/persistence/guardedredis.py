"""A Redis client that stops asking while Redis is away, so that an outage costs milliseconds.

Without it every command of a hanging Redis waits for its timeout: a turn start, each batch of the
journal, each publication. The first that hangs tells all the others.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from server.domain.breaker import Breaker
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

FAILURES = 3
"""Lost connections in a row. One alone is a restart, or an idle connection that somebody closed."""

HUNG = (RedisTimeoutError, TimeoutError)
"""One is enough: whoever asks next would wait as long."""

PROBE_S = 1.0
"""Between two looks whether Redis is back, and how long a look may take."""


class RedisAway(RedisConnectionError):
    """Redis did not answer a moment ago, so this was not asked."""


class Guard:
    """The breaker in front of one client. A task of its own looks whether Redis is back: no call
    ever waits for having been chosen as the probe."""

    def __init__(self, client: "GuardedRedis") -> None:
        self._client = client
        self._breaker = Breaker(failures=FAILURES, probe_s=PROBE_S)
        self._probing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        return not self._breaker.is_closed

    @contextmanager
    def call(self) -> Iterator[None]:
        """One exchange with Redis.

        Raises:
            RedisAway: at once, while it is away.
        """
        if self.is_open:
            raise RedisAway("Redis is away.")
        try:
            yield
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            # A new connection that got no answer to its greeting says so by its cause.
            if any(isinstance(each, HUNG) for each in (error, error.__cause__)):
                self._breaker.trip(_now())
            self._failed(error)
            raise
        except ResponseError:
            self._breaker.succeeded()
            raise
        else:
            self._breaker.succeeded()

    def _failed(self, error: Exception) -> None:
        self._breaker.failed(_now())
        if self.is_open and self._probing is None:
            log.warning("redis.away", extra=fields(error=repr(error)))
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        try:
            # Idle connections may be as dead as the one that hung, without a sign of it.
            with suppress(RedisError, OSError):
                await self._client.connection_pool.disconnect(inuse_connections=False)
            while self.is_open:
                await self._look()
        finally:
            self._probing = None
        log.info("redis.back")

    async def _look(self) -> None:
        ends = _now() + PROBE_S
        if self._breaker.admits(_now()):
            try:
                async with asyncio.timeout_at(ends):
                    await self._client.ask("PING")
            except (RedisError, OSError, TimeoutError):
                self._breaker.failed(_now())
            else:
                self._breaker.succeeded()
                return
        await asyncio.sleep(max(ends - _now(), 0))

    async def close(self) -> None:
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait({self._probing})


def _now() -> float:
    return asyncio.get_running_loop().time()


class GuardedPipeline(Pipeline):
    """A pipeline goes through the guard as one call."""

    guard: Guard

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        try:
            with self.guard.call():
                return await super().execute(raise_on_error)
        except RedisAway:
            await self.reset()  # type: ignore[no-untyped-call]  # of redis-py
            raise


class GuardedRedis(Redis):
    """For commands, scripts and pipelines; subscriptions and blocking reads go by other clients."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.guard = Guard(self)

    async def execute_command(self, *arguments: Any, **options: Any) -> Any:
        with self.guard.call():
            return await self.ask(*arguments, **options)

    async def ask(self, *arguments: Any, **options: Any) -> Any:
        """A command past the guard: for the guard itself."""
        return await super().execute_command(*arguments, **options)  # type: ignore[no-untyped-call]  # of redis-py

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> GuardedPipeline:
        pipeline = GuardedPipeline(
            self.connection_pool, self.response_callbacks, transaction, shard_hint
        )
        pipeline.guard = self.guard
        return pipeline

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await self.guard.close()
        await super().aclose(close_connection_pool)
