"""A Redis client that stops asking while Redis is away, so that an outage costs milliseconds.

Without it every command of a hanging Redis waits for its timeout: a turn start, each batch of the
journal, each publication. The first that hangs tells all the others.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from server.persistence.guard import Guard

FAILURES = 3
"""Lost connections in a row. One alone is a restart, or an idle connection that somebody closed."""

HUNG = (RedisTimeoutError, TimeoutError)


class RedisAway(RedisConnectionError):
    """Redis did not answer a moment ago, so this was not asked."""


class GuardedPipeline(Pipeline):
    """A pipeline goes through the guard as one call."""

    guard: Guard

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        try:
            with _call(self.guard):
                return await super().execute(raise_on_error)
        except RedisAway:
            await self.reset()  # type: ignore[no-untyped-call]  # of redis-py
            raise


class GuardedRedis(Redis):
    """For commands, scripts and pipelines; subscriptions and blocking reads go by other clients."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.guard = Guard("redis", self._ping_unguarded, self._drop_idle, failures=FAILURES)

    async def execute_command(self, *arguments: Any, **options: Any) -> Any:
        with _call(self.guard):
            return await super().execute_command(*arguments, **options)  # type: ignore[no-untyped-call]  # of redis-py

    async def _ping_unguarded(self) -> None:
        await super().execute_command("PING")  # type: ignore[no-untyped-call]  # of redis-py

    async def _drop_idle(self) -> None:
        with suppress(RedisError, OSError):
            await self.connection_pool.disconnect(inuse_connections=False)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> GuardedPipeline:
        pipeline = GuardedPipeline(
            self.connection_pool, self.response_callbacks, transaction, shard_hint
        )
        pipeline.guard = self.guard
        return pipeline

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await self.guard.close()
        await super().aclose(close_connection_pool)


@contextmanager
def _call(guard: Guard) -> Iterator[None]:
    """One exchange with Redis.

    Raises:
        RedisAway: at once, while it is away.
    """
    if guard.is_open:
        raise RedisAway("Redis is away.")
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OSError) as error:
        # A new connection that got no answer to its greeting says so by its cause.
        if any(isinstance(each, HUNG) for each in (error, error.__cause__)):
            guard.hung(error)
        else:
            guard.failed(error)
        raise
    except ResponseError:
        guard.succeeded()
        raise
    else:
        guard.succeeded()
