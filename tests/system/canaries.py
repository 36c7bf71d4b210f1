"""Looking for planted secrets in all that a server says and keeps."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import text

from tests.support.server import LiveServer

PLATFORM = "canary-token-of-a-platform-32"


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


async def plant_platform(server: LiveServer, user: UUID, search: Search) -> None:
    """A token of a platform is kept, refused, and comes where the database breaks."""
    search.secrets["platform"] = PLATFORM
    account = {"platform": "x", "externalId": "a", "name": "a", "asOf": "2026-03-01T00:00:00Z"}
    async with server.http(await server.new_key(role="admin")) as admin:
        for wrong, status in (({}, 200), ({"asOf": PLATFORM}, 400), ({"externalId": "crash"}, 500)):
            if status == 500:
                async with server.database() as (_, database), database.transaction() as tx:
                    crash = "ALTER TABLE oauth_accounts ADD CHECK (external_id <> 'crash')"
                    await tx.execute(text(crash))
            answer = await admin.put(
                "/api/integrations/accounts",
                params={"user": str(user)},
                json={"items": [{**account, "accessToken": PLATFORM, **wrong}]},
            )
            assert answer.status_code == status, answer.text
            search.answers.append(answer.text)


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
