"""Looking for planted secrets in all that a server says and keeps."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from tests.support.server import LiveServer


@dataclass
class Search:
    """``answers``: what was said to clients, where no secret belongs in it."""

    secrets: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)

    def found(self, texts: Iterable[str], *, but: Iterable[str] = ()) -> dict[str, str]:
        """Secrets that stand in ``texts``, with what is around the first place."""
        whole = "\n".join(texts)
        wanted = {name: value for name, value in self.secrets.items() if name not in but}
        return {
            name: whole[max(0, at - 300) : at + 100]
            for name, value in wanted.items()
            if (at := whole.find(value)) >= 0
        }


async def rows(server: LiveServer) -> AsyncIterator[str]:
    """Everything that its database holds."""
    tables = await server.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (table,) in tables:
        for (row,) in await server.rows(f'SELECT t::text FROM "{table}" AS t'):
            yield f"{table}: {row}"


async def keyspace(redis: Redis) -> AsyncIterator[str]:
    """Everything that Redis holds."""
    async for key in redis.scan_iter():
        kind = await redis.type(key)
        name = kind if isinstance(kind, str) else kind.decode()
        yield f"{key!r}: {await _value(redis, key, name)!r}"


async def _value(redis: Redis, key: bytes, kind: str) -> Any:
    match kind:
        case "hash":
            return await redis.hgetall(key)
        case "list":
            return await redis.lrange(key, 0, -1)
        case "set":
            return await redis.smembers(key)
        case "zset":
            return await redis.zrange(key, 0, -1)
        case "stream":
            return await redis.xrange(key)
        case _:
            return await redis.get(key)
