"""Answers of one-shot turns as events: what came as it came, then the same that JSON has."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from starlette.responses import Response
from starlette.types import Message

from agents.providers.demo import Pacing
from agents.providers.load import ProviderSettings
from server.accounts.access import Scope
from server.domain.content import Params
from server.domain.errors import SchemaMismatch
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes import aitest
from server.routes.answers import Answer, answered
from server.routes.calls import Call
from server.routes.catalogue import OPERATIONS
from server.routes.operations import Operation
from server.turns.errands import Errand
from server.turns.generation import Generated
from tests.server.routes.site import Web, data, error, web
from tests.server.routes.test_messages import events_of
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.turns import turn_harness

PATH = "/api/ai/completions"
EVENTS = {"Accept": "text/event-stream"}
SLOW = ProviderSettings(demo_pacing=Pacing(tokens_per_s=5, first_token_s=0))
CAPTION = {
    "platform": "tiktok",
    "contentInfo": {"type": "photo", "description": "Sunset at the beach"},
}


async def events(program: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> list[Any]:
    answer = await program.post(path, json=body, headers=EVENTS)
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    return events_of(answer.text)


async def test_text_comes_as_it_is_said_and_the_last_event_holds_the_answer(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        told = await events(program, PATH, {"prompt": "hello"})
        whole = data(await program.post(PATH, json={"prompt": "hello"}))
        *deltas, last = told
        assert {event["type"] for event in deltas} == {"turn.delta"}
        assert [event["seq"] for event in told] == sorted(event["seq"] for event in told)
        assert last["type"] == "turn.completed"
        assert set(last["result"]) == set(whole)
        assert last["result"]["text"] == "".join(event["text"] for event in deltas)
        assert last["result"]["generationId"] == last["turnId"]
        assert last["result"]["receipt"] == last["receipt"]
    await books_balance(database)


async def test_a_team_tells_who_takes_over_and_its_answer_while_it_grows(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        told = await events(program, "/api/ai/generate-caption", CAPTION)
        kinds = [event["type"] for event in told]
        handed = [
            e["detail"] for e in told if e["type"] == "turn.notice" and e["kind"] == "handoff"
        ]
        assert handed[0]["to"] == "content"
        assert "turn.partial" in kinds
        assert kinds[-1] == "turn.completed"
        result = told[-1]["result"]
        assert result["caption"]
        assert {agent["agent"] for agent in result["agents"]} >= {"content", "compliance"}
        assert 0 <= result["confidence"] <= 1
    await books_balance(database)


async def test_a_streamed_answer_is_always_made_anew(
    migrated: EngineUrls, database: Database, redis: object
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        asked = {"prompt": "hello", "params": {"temperature": 0}}
        first = data(await program.post(PATH, json=asked))
        again = data(await program.post(PATH, json=asked))
        assert (again["cached"], again["generationId"]) == (True, first["generationId"])
        streamed = (await events(program, PATH, asked))[-1]["result"]
        assert "cached" not in streamed
        assert Decimal(streamed["usage"]["charged"]) > 0


async def test_what_is_refused_never_becomes_a_stream(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program(credits=0)
        refused = await program.post(PATH, json={"prompt": "hello"}, headers=EVENTS)
        error(refused, 402, "insufficient_credits")


async def test_a_failure_is_the_last_event_and_free(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        told = await events(program, PATH, {"prompt": "[demo: fail] hello"})
        assert told[-1]["type"] == "turn.failed"
        assert told[-1]["error"]["code"] == "provider_error"
        assert told[-1]["receipt"]["charged"] == "0"


async def useless(call: Call) -> Answer | Response:
    errand = Errand(prompt="hello", feature="test", params=Params(), input={})

    def make(made: Generated) -> Answer:
        raise SchemaMismatch("Nothing can be made of it.")

    return await answered(call, errand, make, within_s=10)


async def test_an_answer_that_nothing_can_be_made_of_is_told_as_failed_and_is_paid(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = Operation(
        method="POST", path="/api/useless", handler=useless, scope=Scope.TURNS, summary="", tag=""
    )
    monkeypatch.setattr("server.app.OPERATIONS", (*OPERATIONS, operation))
    async with web(migrated) as site:
        program = await site.program()
        answer = await program.post("/api/useless", headers=EVENTS)
        last = events_of(answer.text)[-1]
        assert (last["type"], last["error"]["code"]) == ("turn.failed", "schema_mismatch")
        assert last["partial"] is True
        assert Decimal(last["receipt"]["charged"]) > 0
        error(await program.post("/api/useless"), 502, "schema_mismatch")
    await books_balance(database)


async def test_one_that_takes_too_long_is_broken_off(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aitest, "WITHIN_S", 0.3)
    async with web(migrated, providers=SLOW) as site:
        program = await site.program()
        last = (await events(program, "/api/ai/test", {"prompt": "hello"}))[-1]
        assert (last["type"], last["error"]["code"]) == ("turn.failed", "provider_timeout")
    await books_balance(database)


async def test_who_leaves_cancels_it_and_pays_for_what_was_said(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, providers=SLOW) as site:
        program, live = await site.program(), site.harness.engine.live
        gone = asyncio.Event()
        asking = asyncio.create_task(read_until(gone, site, program))
        await eventually(lambda: any(run.buffer.text for run in live))
        gone.set()
        await asking
        await cancelled(site, database)


async def test_who_loses_access_hears_no_more_and_it_is_cancelled(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, providers=SLOW) as site:
        caller = await site.harness.person()
        program, live = await site.program(caller), site.harness.engine.live
        asking = asyncio.create_task(read_until(asyncio.Event(), site, program))
        await eventually(lambda: any(run.buffer.text for run in live))
        browser = await site.signed_in(caller)
        (key,) = data(await browser.get("/api/api-keys"))["items"]
        data(await browser.delete(f"/api/api-keys/{key['id']}"))
        await asking
        await cancelled(site, database)


async def test_a_turn_that_another_process_ends_ends_the_stream_with_its_outcome(
    migrated: EngineUrls, database: Database, redis: object
) -> None:
    async with web(migrated, providers=SLOW) as site, turn_harness(migrated) as other:
        program, live = await site.program(), site.harness.engine.live
        asking = asyncio.create_task(events(program, PATH, {"prompt": "hello"}))
        await eventually(lambda: any(run.buffer.text for run in live))
        assert await other.process.turns.leases.reap(all_others=True) == 1
        await site.harness.process.turns.watch.look()
        last = (await asking)[-1]
        assert (last["type"], last["error"]["code"]) == ("turn.failed", "worker_lost")
    await books_balance(database)


async def cancelled(site: Web, database: Database) -> None:
    await eventually(lambda: len(site.harness.engine.live) == 0)
    async with database.snapshot() as tx:
        (turn,) = await tx.execute(text("SELECT state, outcome->'receipt' FROM turns"))
    assert turn[0] == "cancelled"
    assert Decimal(turn[1]["charged"]) > 0
    await books_balance(database)


async def read_until(gone: asyncio.Event, site: Web, program: httpx2.AsyncClient) -> bytes:
    """Ask as a client does that hangs up then; answers what it heard."""
    body, heard = [json.dumps({"prompt": "hello"}).encode()], b""

    async def receive() -> Message:
        if body:
            return {"type": "http.request", "body": body.pop(), "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal heard
        heard += message.get("body", b"")

    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "query_string": b"",
        "headers": [
            (b"authorization", program.headers["authorization"].encode()),
            (b"accept", b"text/event-stream"),
        ],
        "client": ("203.0.113.9", 5_000),
    }
    await site.app(scope, receive, send)
    return heard
