"""Schedules over HTTP: chosen, read, changed, taken back; each caller their own."""

from datetime import datetime, timedelta

from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web

PATH = "/api/analytics/schedule"


async def test_a_schedule_is_chosen_read_changed_and_taken_back(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program, other = await site.program(), await site.program()
        assert data(await program.get(PATH)) is None
        weekly = data(await program.put(PATH, json={"cadence": "weekly"}))
        at = datetime.fromisoformat(weekly["nextAt"])
        assert at.weekday() == 0
        assert utc_now() < at <= utc_now() + timedelta(days=7)
        assert (weekly["lastGenerationId"], weekly["lastError"]) == (None, None)
        assert data(await program.put(PATH, json={"cadence": "weekly"})) == weekly
        assert data(await program.get(PATH)) == weekly
        assert data(await other.get(PATH)) is None
        monthly = data(await program.put(PATH, json={"cadence": "monthly"}))
        assert datetime.fromisoformat(monthly["nextAt"]).day == 1
        assert data(await program.delete(PATH)) is None
        assert data(await program.delete(PATH)) is None
        assert data(await program.get(PATH)) is None


async def test_no_other_cadence_is_taken(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for body, where in (
            ({"cadence": "daily"}, "$.cadence"),
            ({}, "$.cadence"),
            ({"cadence": "weekly", "hour": 5}, "$.hour"),
        ):
            assert error(await program.put(PATH, json=body), 400, "invalid")["path"] == where
