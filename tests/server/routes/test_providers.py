"""Admins see which models fail, and that they are left alone; nobody else does."""

from sqlalchemy import text

from server.domain.errors import ProviderError
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web

MODEL = "demo/causerie-demo"


async def test_a_model_that_keeps_failing_shows_everywhere(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, breaker_calls=2, metrics_token="t") as site:
        person = await site.harness.person()
        async with database.transaction() as tx:
            await tx.execute(
                text("UPDATE users SET role = 'admin' WHERE id = :id"), {"id": person.user_id}
            )
        admin = await site.program(person)
        (provider,) = data(await admin.get("/api/admin/providers"))["items"]
        assert (provider["provider"], provider["models"][0]["state"]) == ("demo", "closed")
        assert data(await site.client.get("/healthz/ready"))["modelsLeftAlone"] == []
        for _ in range(2):
            site.services.health.failed(MODEL, ProviderError("It is down."))
        (provider,) = data(await admin.get("/api/admin/providers"))["items"]
        (model,) = provider["models"]
        assert (model["model"], model["state"], model["calls"], model["failures"]) == (
            MODEL,
            "open",
            2,
            2,
        )
        assert model["lastError"] == "provider_error: It is down."
        assert 0 < model["probeInSeconds"] <= 15
        ready = data(await site.client.get("/healthz/ready"))
        assert (ready["ready"], ready["modelsLeftAlone"]) == (True, [MODEL])
        figures = await site.client.get("/metrics", headers={"Authorization": "Bearer t"})
        assert f'model_left_alone{{model="{MODEL}"}} 1.0' in figures.text


async def test_only_admins_see_it(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        user = await site.program()
        error(await user.get("/api/admin/providers"), 403, "forbidden")
        error(await site.client.get("/api/admin/providers"), 401, "unauthenticated")
