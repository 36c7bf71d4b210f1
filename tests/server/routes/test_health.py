"""Health, readiness and metrics, as load balancers and Prometheus ask for them."""

from pathlib import Path

import pytest
from redis.exceptions import RedisError
from sqlalchemy import text

from server.local.engines import EngineUrls
from server.persistence import workers
from server.persistence.database import Database
from tests.server.routes.site import data, error, web
from tests.server.turns.endings import an_ending
from tests.server.turns.proxy import proxied
from tests.support.valkey import own_valkey


async def test_a_healthy_process_is_alive_and_ready(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        assert data(await site.client.get("/healthz"))["status"] == "ok"
        ready = data(await site.client.get("/healthz/ready"))
        assert ready["ready"] is True
        assert all(ready[name]["ok"] for name in ("database", "migrations", "redis"))
        assert 0 <= ready["leaseAgeSeconds"] < 15
        assert ready["outboxLagSeconds"] >= 0
        assert (ready["spooledEnds"], ready["runningTurns"]) == (0, 0)
        assert ready["load"] == "calm"
        assert ready["loopLagMs"] >= 0 <= ready["loopBusy"]


async def test_a_draining_process_is_alive_and_not_ready(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        site.services.engine.is_draining = True
        answer = await site.client.get("/healthz/ready")
        assert error(answer, 503, "unavailable")["metadata"]["draining"] is True
        data(await site.client.get("/healthz"))


async def test_missing_migrations_make_it_unready(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        async with database.transaction() as tx:
            applied = await tx.scalar(text("SELECT version_num FROM alembic_version"))
            await tx.execute(text("DELETE FROM alembic_version"))
        try:
            answer = await site.client.get("/healthz/ready")
            assert error(answer, 503, "unavailable")["metadata"]["migrations"] is False
        finally:
            async with database.transaction() as tx:
                await tx.execute(
                    text("INSERT INTO alembic_version VALUES (:version)"), {"version": applied}
                )


async def test_redis_away_is_a_detail(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    nobody = EngineUrls(
        database_url=migrated.database_url, redis_url=f"unix://{tmp_path}/nobody.sock"
    )
    async with web(nobody) as site:
        ready = data(await site.client.get("/healthz/ready"))
        assert (ready["ready"], ready["redis"]["ok"]) == (True, False)
        assert str(tmp_path) not in str(ready)


async def test_a_frozen_redis_is_a_detail_that_takes_no_time(
    migrated: EngineUrls, database: Database
) -> None:
    async with own_valkey() as valkey:
        engines = EngineUrls(database_url=migrated.database_url, redis_url=valkey.url)
        async with web(engines) as site:
            valkey.freeze()
            with pytest.raises(RedisError):
                await site.services.redis.ping()
            ready = data(await site.client.get("/healthz/ready"))
            assert (ready["ready"], ready["redis"]["detail"]) == (True, "RedisAway")
            figures = (await site.browser(address="127.0.0.1").get("/metrics")).text
            assert 'engine_away{engine="redis"} 1.0' in figures
            assert 'engine_away{engine="postgresql"} 0.0' in figures
            valkey.thaw()


async def test_without_the_database_it_is_alive_and_not_ready(
    migrated: EngineUrls, database: Database
) -> None:
    async with proxied(migrated) as (proxy, urls), web(urls) as site:
        site.services.spool.keep(an_ending())
        proxy.cut()
        told = error(await site.client.get("/healthz/ready"), 503, "unavailable")["metadata"]
        assert (told["database"], told["redis"], told["spooledEnds"]) == (False, True, 1)
        data(await site.client.get("/healthz"))
        figures = (await site.browser(address="127.0.0.1").get("/metrics")).text
        assert "turn_ends_spooled 1.0" in figures
        proxy.is_down = False
        assert data(await site.client.get("/healthz/ready"))["ready"] is True


async def test_a_process_without_a_lease_says_so(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        async with database.transaction() as tx:
            await workers.leave(tx, site.services.boot)
        assert data(await site.client.get("/healthz/ready"))["leaseAgeSeconds"] is None


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 403),
        ("203.0.113.9", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 403),
    ],
)
async def test_without_a_token_metrics_answer_this_machine_only(
    migrated: EngineUrls, database: Database, address: str, headers: dict[str, str], status: int
) -> None:
    async with web(migrated) as site:
        answer = await site.browser(address=address).get("/metrics", headers=headers)
        assert answer.status_code == status


async def test_with_a_token_metrics_answer_whoever_has_it(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, metrics_token="very-secret-token") as site:
        for wrong in ("", "Bearer wrong", "Bearer very-secret-token2"):
            answer = await site.browser(address="127.0.0.1").get(
                "/metrics", headers={"Authorization": wrong}
            )
            error(answer, 401, "unauthenticated")
        right = {"Authorization": "Bearer very-secret-token"}
        await site.client.get("/api/nothing-here")
        text_ = (await site.client.get("/metrics", headers=right)).text
        assert 'http_requests_total{method="GET",route="/metrics",status="401"} 3.0' in text_
        assert "nothing-here" not in text_
