"""One connection to Redis that listens to channels, and says so when it is lost.

redis-py's own ``PubSub`` connects again behind our back, even while it is being closed. Here
nothing is tried twice: whoever listens must know since when it was deaf.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError


class Heard(NamedTuple):
    """``kind``: ``message``, or the confirmation of a ``subscribe`` or ``unsubscribe``."""

    kind: str
    channel: str
    data: bytes | int


class Line:
    """Reads and subscriptions may overlap. Each raises RedisError once the connection is lost."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection

    async def subscribe(self, channels: Iterable[str]) -> None:
        await self._send("SUBSCRIBE", *channels)

    async def unsubscribe(self, channels: Iterable[str]) -> None:
        await self._send("UNSUBSCRIBE", *channels)

    async def _send(self, *command: str) -> None:
        if not self._connection.is_connected:  # it would connect by itself
            raise RedisConnectionError("the connection was lost")
        await self._connection.send_command(*command, check_health=False)

    async def hear(self, silence_s: float) -> Heard:
        """The next word. Redis is asked for one after ``silence_s`` without any, and taken for gone
        after as long again.

        Raises:
            RedisError: the connection is lost.
        """
        is_asked = False
        while True:
            answer = await self._connection.read_response(timeout=silence_s, push_request=True)
            if isinstance(answer, list) and answer[0] != b"pong":
                kind, channel, data = answer
                return Heard(kind.decode(), channel.decode(), data)
            if answer is None and is_asked:
                raise RedisConnectionError("Redis says nothing")
            if answer is None:
                await self._send("PING")
            is_asked = answer is None


@asynccontextmanager
async def open_line(redis: Redis) -> AsyncIterator[Line]:
    """Connect; ``redis`` is a client that nobody else uses."""
    pool = redis.connection_pool
    connection = await pool.get_connection()  # type: ignore[no-untyped-call]
    try:
        yield Line(connection)
    finally:
        await connection.disconnect(nowait=True)
        await pool.release(connection)
