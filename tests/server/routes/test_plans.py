"""Plans over HTTP: what each allows, and which is one's own."""

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web

PLANS = "/api/plans"


async def test_plans_are_told_the_smallest_first_and_ones_own_is_marked(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person(plan="pro")
        program = await site.program(caller)
        found = data(await program.get(PLANS))
        assert found["items"] == [
            plan("starter", "10", 50, 20),
            {**plan("pro", "50", 100, 50), "current": True},
            plan("business", None, 500, 200),
        ]
        data(
            await program.put(
                "/api/limits",
                json={"monthlyUsd": "2", "requestsPerHour": 1, "runningTurns": 1},
            )
        )
        assert data(await program.get(PLANS)) == found


async def test_nobody_is_told_nothing(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        program.headers.pop("authorization")
        error(await program.get(PLANS), 401, "unauthenticated")


def plan(name: str, usd: str | None, per_hour: int, at_once: int) -> dict[str, object]:
    return {
        "name": name,
        "monthlyUsd": usd,
        "requestsPerHour": per_hour,
        "runningTurns": at_once,
        "current": False,
    }
