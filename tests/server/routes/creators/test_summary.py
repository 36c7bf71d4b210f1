"""The last analysis of a creator: theirs alone, by account and period."""

from typing import Any

import httpx2
import pytest

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web

ASKING, PATH = "/api/ai/analyze-performance", "/api/analytics/ai/summary"


async def analysed(
    program: httpx2.AsyncClient, timeframe: str = "last week", **body: Any
) -> dict[str, Any]:
    metrics = {"platforms": ["instagram"], "contentTypes": ["photo"], "timeframe": timeframe}
    told: dict[str, Any] = data(await program.post(ASKING, json={"metrics": metrics, **body}))
    return told


async def test_it_is_told_as_it_was_answered(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        assert data(await program.get(PATH)) is None
        answer = await analysed(program, accountId="anna")
        summary = data(await program.get(PATH))
        assert {name: summary[name] for name in answer} == answer
        assert summary["createdAt"]
        told = {name: summary[name] for name in summary.keys() - answer.keys() - {"createdAt"}}
        assert told == {"accountId": "anna", "period": "last week", "platforms": ["instagram"]}


async def test_the_newest_is_told_of_an_account_and_of_a_period(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        first = await analysed(program, "last week", accountId="anna")
        second = await analysed(program, "last month", accountId="anna")
        third = await analysed(program, "last week")

        async def found(**query: str) -> Any:
            summary = data(await program.get(PATH, params=query))
            return summary and summary["generationId"]

        assert await found() == third["generationId"]
        assert await found(accountId="anna") == second["generationId"]
        assert await found(period="last week") == third["generationId"]
        assert await found(period="last week", accountId="anna") == first["generationId"]
        assert await found(accountId="berta") is None
        assert await found(period="last") is None


async def test_an_account_that_the_host_numbers_is_found_by_its_digits(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        answer = await analysed(program, accountId=17)
        summary = data(await program.get(PATH, params={"accountId": 17}))
        assert (summary["generationId"], summary["accountId"]) == (answer["generationId"], "17")


async def test_nobody_is_told_of_another_creator_s(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        await analysed(await site.program(), accountId="anna")
        other = await site.program()
        assert data(await other.get(PATH)) is None
        assert data(await other.get(PATH, params={"accountId": "anna"})) is None


async def test_one_that_failed_or_was_forgotten_is_not_told(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        answer = await analysed(program)
        metrics = {"platforms": ["[demo: fail]"], "contentTypes": [], "timeframe": "now"}
        error(await program.post(ASKING, json={"metrics": metrics}), 502, "provider_error")
        assert data(await program.get(PATH))["generationId"] == answer["generationId"]
        data(await program.delete(f"/api/generations/{answer['generationId']}"))
        assert data(await program.get(PATH)) is None


@pytest.mark.parametrize("name", ["accountId", "period"])
async def test_what_is_wrong_is_refused_by_its_parameter(
    migrated: EngineUrls, database: Database, name: str
) -> None:
    async with web(migrated) as site:
        refused = await (await site.program()).get(PATH, params={name: ""})
        assert error(refused, 400, "invalid")["path"] == f"$query.{name}"
