"""Redis tried out by an admin: how fast it is, whether it can be written, what is wrong with it."""

from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from server.accounts.access import Scope
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.redis import probe_key
from tests.server.routes.office import office
from tests.server.routes.site import data, error
from tests.support.valkey import own_valkey

PATH = "/api/test-redis"
GONE = {"connected": False, "writable": False, "latencyMs": None, "worstMs": None}


async def tried(urls: EngineUrls) -> dict[str, Any]:
    async with office(urls) as place:
        report: dict[str, Any] = data(await place.browser.get(PATH))
    return report


async def test_a_redis_that_works_is_told_with_its_latency(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with office(migrated) as place:
        report = data(await place.browser.get(PATH))
        assert (report["connected"], report["writable"], report["detail"]) == (True, True, None)
        assert 0 < report["latencyMs"] <= report["worstMs"]
        assert 0 < await redis.ttl(probe_key(place.site.services.boot)) <= 10


async def test_a_redis_that_is_not_there_is_told_without_its_address(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    nobody = EngineUrls(
        database_url=migrated.database_url, redis_url=f"unix://{tmp_path}/nobody.sock"
    )
    report = await tried(nobody)
    assert {**GONE, "detail": report["detail"]} == report
    assert report["detail"].isidentifier()


async def test_a_redis_that_takes_no_writes_is_told_apart(
    migrated: EngineUrls, database: Database
) -> None:
    async with own_valkey() as valkey:
        urls = EngineUrls(database_url=migrated.database_url, redis_url=valkey.url)
        async with office(urls) as place, Redis.from_url(valkey.url) as direct:
            await direct.replicaof("127.0.0.1", "1")  # a replica of nobody is read-only
            report = data(await place.browser.get(PATH))
            assert (report["connected"], report["writable"]) == (True, False)
            assert report["detail"] == "ReadOnlyError"
            assert report["latencyMs"] > 0


async def test_a_frozen_redis_is_told_in_time(migrated: EngineUrls, database: Database) -> None:
    async with own_valkey() as valkey:
        urls = EngineUrls(database_url=migrated.database_url, redis_url=valkey.url)
        async with office(urls) as place:
            valkey.freeze()
            report = data(await place.browser.get(PATH))
            assert {**GONE, "detail": report["detail"]} == report
            valkey.thaw()


async def test_nobody_but_admins_may_try(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as place:
        error(await (await place.site.program()).get(PATH), 403, "forbidden")
        error(await place.site.client.get(PATH), 401, "unauthenticated")
        narrow = await place.site.program(place.admin, scopes=[Scope.READ])
        error(await narrow.get(PATH), 403, "forbidden")
        admins = await place.site.program(place.admin, scopes=[Scope.ADMIN_READ])
        assert data(await admins.get(PATH))["connected"] is True
