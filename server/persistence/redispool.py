"""Connections to Redis that are all closed once their pool is.

redis-py's pool closes what is open. Whoever is connecting at that moment, a task that is still on
its way out, would open one more, and nobody would ever close it.
"""

from typing import Any

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError


class RedisPool(BlockingConnectionPool):
    """Whoever comes when all connections are busy waits for one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_closed = False

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """Raises RedisConnectionError: the pool was closed meanwhile."""
        if not self._is_closed:
            await super().ensure_connection(connection)
        if self._is_closed:
            await connection.disconnect(nowait=True)
            raise RedisConnectionError("The pool of connections is closed.")

    async def aclose(self) -> None:
        self._is_closed = True
        await super().aclose()
