"""The history of what was generated: one's own, with its answer; judged once, and forgotten."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from agents.providers.demo import Pacing
from agents.providers.load import ProviderSettings
from server.accounts.access import Principal, Scope
from server.domain.ids import new_id
from server.domain.insights import InsightKind, NewInsight
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import Web, data, error, web
from tests.support.eventually import eventually

PATH = "/api/generations"
CAPTION = {
    "platform": "tiktok",
    "contentInfo": {"type": "photo", "description": "Sunset at the beach"},
}
LEARNED = NewInsight(
    kind=InsightKind.SALES_TACTIC,
    source="analytics",
    text="Photos of a sunset at the beach are liked most.",
    confidence=0.5,
)


async def completed(program: httpx2.AsyncClient, prompt: str = "hello") -> str:
    made = data(await program.post("/api/ai/completions", json={"prompt": prompt}))
    return str(made["generationId"])


async def test_they_are_listed_newest_first_by_kind_and_page(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        first, second = await completed(program), await completed(program)
        caption = data(await program.post("/api/ai/generate-caption", json=CAPTION))
        third = caption["generationId"]

        async def listed(**query: Any) -> tuple[list[str], str | None]:
            page = data(await program.get(PATH, params=query))
            return [one["id"] for one in page["items"]], page["nextCursor"]

        assert await listed() == ([third, second, first], None)
        assert await listed(kind="completion") == ([second, first], None)
        shown, cursor = await listed(limit=2)
        assert shown == [third, second]
        assert await listed(limit=2, cursor=cursor) == ([first], None)
        (one, *_) = data(await program.get(PATH, params={"kind": "caption"}))["items"]
        assert one == data(await program.get(f"{PATH}/{third}"))
        assert one["output"]["caption"] == caption["caption"]
        assert one["agents"] == caption["agents"]
        assert one["state"] == "completed"
        other = await site.program()
        assert data(await other.get(PATH))["items"] == []
        error(await other.get(f"{PATH}/{third}"), 404, "not_found")


async def test_one_that_failed_tells_why_and_whose_fault_it_was(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        asked = {"prompt": "[demo: fail after 20] hello"}
        error(await program.post("/api/ai/completions", json=asked), 502, "provider_error")
        (one,) = data(await program.get(PATH))["items"]
        assert (one["state"], one["error"]["code"]) == ("failed", "provider_error")
        assert one["agents"] == [
            {"agent": "completion", "status": "failed", "error": "provider_error"}
        ]
        assert one["output"]  # as far as it came
        assert one["receipt"]["charged"] == "0"


async def test_one_that_is_forgotten_takes_its_words_with_it(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        caption = data(await program.post("/api/ai/generate-caption", json=CAPTION))
        path = f"{PATH}/{caption['generationId']}"
        error(await (await site.program()).delete(path), 404, "not_found")
        assert data(await program.delete(path)) is None
        error(await program.delete(path), 404, "not_found")
        async with database.snapshot() as tx:
            (outcome,) = (await tx.execute(text("SELECT outcome FROM turns"))).one()
        assert "result" not in outcome
        assert outcome["receipt"]["charged"] == caption["usage"]["charged"]


async def test_a_forgotten_answer_is_not_given_again(
    migrated: EngineUrls, database: Database
) -> None:
    question = {"prompt": "hello", "params": {"temperature": 0}}
    async with web(migrated) as site:
        program = await site.program()

        async def asked() -> Any:
            return data(await program.post("/api/ai/completions", json=question))

        first, again = await asked(), await asked()
        assert (again["generationId"], again["cached"]) == (first["generationId"], True)
        data(await program.delete(f"{PATH}/{first['generationId']}"))
        anew = await asked()
        assert "cached" not in anew
        assert data(await program.get(f"{PATH}/{anew['generationId']}"))["output"] == anew["text"]


async def test_one_that_is_being_made_is_told_as_it_stands_and_cannot_be_forgotten(
    migrated: EngineUrls, database: Database
) -> None:
    slow = ProviderSettings(demo_pacing=Pacing(tokens_per_s=5, first_token_s=0))
    async with web(migrated, providers=slow) as site:
        program = await site.program()
        asking = asyncio.create_task(completed(program))
        await eventually(lambda: any(run.buffer.text for run in site.harness.engine.live))
        (one,) = data(await program.get(PATH))["items"]
        assert (one["state"], one["output"], one["agents"]) == ("running", None, [])
        assert "receipt" not in one
        error(await program.delete(f"{PATH}/{one['id']}"), 409, "conflict")
        asking.cancel()
        await asyncio.wait({asking})


async def learn(site: Web, caller: Principal) -> str:
    kept = await site.services.network.broadcast_insight(caller.user_id, LEARNED)
    return str(kept.id)


async def test_feedback_reaches_what_the_prompt_told_and_counts_once(
    migrated: EngineUrls, database: Database, redis: object
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program, insight = await site.program(caller), await learn(site, caller)
        made = data(await program.post("/api/ai/generate-caption", json=CAPTION))
        path = f"{PATH}/{made['generationId']}"
        assert data(await program.get(path))["insights"] == [insight]
        for helped in (True, True, False):  # the first counts
            answer = await program.post(f"{path}/feedback", json={"helped": helped})
            assert data(answer) == {"insights": 1}
        known = data(await program.get(f"/api/insights/{insight}"))
        assert (known["helped"], known["hindered"]) == (1, 0)
        assert known["confidence"] == pytest.approx(0.6, abs=1e-3)
        data(await program.delete(f"/api/insights/{insight}"))
        answer = await program.post(f"{path}/feedback", json={"helped": True})
        assert data(answer) == {"insights": 0}


@pytest.mark.parametrize(("body", "path"), [({}, "$.helped"), ({"helped": "yes"}, "$.helped")])
async def test_feedback_is_yes_or_no(
    migrated: EngineUrls, database: Database, body: dict[str, Any], path: str
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        answer = await program.post(f"{PATH}/{await completed(program)}/feedback", json=body)
        assert error(answer, 400, "invalid")["path"] == path
        error(
            await program.post(f"{PATH}/{new_id()}/feedback", json={"helped": True}),
            404,
            "not_found",
        )


@pytest.mark.parametrize(
    ("query", "path"),
    [({"kind": ""}, "$query.kind"), ({"limit": "201"}, "$query.limit"), ({"x": "1"}, "$query.x")],
)
async def test_what_cannot_be_asked_is_refused_by_its_parameter(
    migrated: EngineUrls, database: Database, query: dict[str, str], path: str
) -> None:
    async with web(migrated) as site:
        answer = await (await site.program()).get(PATH, params=query)
        assert error(answer, 400, "invalid")["path"] == path


async def test_reading_and_forgetting_need_their_scopes(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        made = await completed(await site.program(caller))
        reader = await site.program(caller, scopes=[Scope.READ])
        data(await reader.get(f"{PATH}/{made}"))
        error(await reader.delete(f"{PATH}/{made}"), 403, "forbidden")
