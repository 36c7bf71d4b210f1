"""What is asked of Redis, round trip by round trip."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from redis.asyncio import Redis

from server.persistence.guardedredis import GuardedPipeline, GuardedRedis


@contextmanager
def round_trips_of(redis: Redis) -> Iterator[list[str]]:
    """Those of commands, scripts and pipelines while the block runs, each with all its words."""
    seen: list[str] = []
    command, pipeline = GuardedRedis.execute_command, GuardedPipeline.execute

    async def one(client: GuardedRedis, *words: Any, **options: Any) -> Any:
        if client.connection_pool is redis.connection_pool:
            seen.append(repr(words))
        return await command(client, *words, **options)

    async def many(client: GuardedPipeline, raise_on_error: bool = True) -> list[Any]:
        if client.connection_pool is redis.connection_pool:
            seen.append(repr([words for words, _ in client.command_stack]))
        return await pipeline(client, raise_on_error)

    with (
        patch.object(GuardedRedis, "execute_command", one),
        patch.object(GuardedPipeline, "execute", many),
    ):
        yield seen
