"""Trying the default model: a counted, metered turn without a conversation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from starlette.types import Message

from agents.providers.demo import Pacing
from agents.providers.load import ProviderSettings
from server.accounts.access import Principal, Scope
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.redis import rate_key, slots_key
from server.routes import aitest
from tests.server.routes.site import Web, data, error, web
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.teams import team

PATH = "/api/ai/test"


@asynccontextmanager
async def trying(
    urls: EngineUrls, *, plan: str = "business", **settings: Any
) -> AsyncIterator[tuple[Web, Principal, httpx2.AsyncClient]]:
    async with web(urls, **settings) as site:
        caller = await site.harness.person(plan=plan)
        yield site, caller, await site.program(caller)


async def credits(site: Web, caller: Principal) -> Decimal:
    balance, _ = await site.harness.engine.figures(caller)
    assert balance.held == "0"
    return Decimal(balance.credits)


async def test_the_answer_tells_who_made_it_and_what_it_took(
    migrated: EngineUrls, database: Database
) -> None:
    async with trying(migrated) as (site, caller, program):
        before = await credits(site, caller)
        made = data(await program.post(PATH, json={"prompt": "hello"}))
        assert made["text"]
        assert made["model"] == "demo/causerie-demo"
        assert made["confidence"] == 1
        assert made["agents"] == [{"agent": "test", "status": "ok"}]
        usage = made["usage"]
        assert usage["inputTokens"] > 0
        assert usage["outputTokens"] > 0
        assert Decimal(usage["costUsd"]) > 0
        assert await credits(site, caller) == before - Decimal(usage["charged"])
        cut = data(await program.post(PATH, json={"prompt": "hello", "maxOutputTokens": 1}))
        assert (cut["confidence"], cut["usage"]["outputTokens"]) == (0.5, 1)
        async with database.snapshot() as tx:
            turns = await tx.execute(text("SELECT feature, agent, conversation_id FROM turns"))
            assert {tuple(row) for row in turns} == {("test", "test", None)}
    await books_balance(database)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"prompt": ""}, "$.prompt"),
        ({"prompt": "x" * 10_001}, "$.prompt"),
        ({"temperature": 2.1}, "$.temperature"),
        ({"temperature": -0.1}, "$.temperature"),
        ({"maxOutputTokens": 0}, "$.maxOutputTokens"),
        ({"maxOutputTokens": 8_193}, "$.maxOutputTokens"),
        ({"model": "x"}, "$.model"),
    ],
)
async def test_what_is_out_of_bounds_is_refused_by_its_field_and_not_counted(
    migrated: EngineUrls, database: Database, redis: Redis, changes: dict[str, Any], path: str
) -> None:
    async with trying(migrated) as (_, _, program):
        answer = await program.post(PATH, json={"prompt": "hello", **changes})
        assert error(answer, 400, "invalid")["path"] == path
        assert "ratelimit" not in answer.headers
        assert await redis.keys("rate:*") == []


async def test_its_own_limit_is_counted_beside_the_plan_s(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with trying(migrated, rate_test_per_hour=2) as (site, caller, program):
        for left in (1, 0):
            answer = await program.post(PATH, json={"prompt": "hello"})
            assert answer.status_code == 200
            assert answer.headers["ratelimit"].startswith(f'"test";r={left};t=3')
        refused = await program.post(PATH, json={"prompt": "hello"})
        told = error(refused, 429, "rate_limited")
        assert (told["metadata"]["scope"], told["metadata"]["limit"]) == ("test", 2)
        assert '"test";q=2;w=3600' in refused.headers["ratelimit-policy"]
        # What was refused took nothing of the others, and turns go on.
        assert '"user";r=498;' in refused.headers["ratelimit"]
        assert await redis.zcard(rate_key("user", str(caller.user_id))) == 2
        assert (await site.harness.answer(caller, "hello"))["type"] == "turn.completed"


async def test_the_plan_s_limit_counts_it_among_the_turns(
    migrated: EngineUrls, database: Database
) -> None:
    async with trying(migrated, plan="starter", rate_starter_per_hour=2) as (site, caller, program):
        await site.harness.answer(caller, "hello")
        data(await program.post(PATH, json={"prompt": "hello"}))
        told = error(await program.post(PATH, json={"prompt": "hello"}), 429, "rate_limited")
        assert told["metadata"]["scope"] == "user"


async def test_it_takes_a_slot_while_it_runs(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    slow = ProviderSettings(demo_pacing=Pacing(tokens_per_s=20, first_token_s=0))
    async with trying(migrated, providers=slow, running_turns_business=1) as (
        _,
        caller,
        program,
    ):
        running = asyncio.create_task(program.post(PATH, json={"prompt": "hello"}))
        await eventually(lambda: redis.zcard(slots_key(caller.user_id)))
        refused = await program.post(PATH, json={"prompt": "hello"})
        assert error(refused, 429, "too_many_turns")["metadata"]["scope"] == "turns"
        assert refused.headers["retry-after"] == "1"
        assert (await running).status_code == 200

        async def is_free() -> bool:
            return await redis.zcard(slots_key(caller.user_id)) == 0

        await eventually(is_free)


async def test_a_later_refusal_gives_back_all_that_it_took(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated) as site:
        poor = await site.harness.person(credits=0)
        program = await site.program(poor)
        refused = await program.post(PATH, json={"prompt": "hello"})
        error(refused, 402, "insufficient_credits")
        assert '"user";r=500;' in refused.headers["ratelimit"]
        assert await redis.keys("rate:*") + await redis.keys("slots:*") == []
    await books_balance(database)


async def test_an_answer_that_was_given_before_counts_and_costs_nothing(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with trying(migrated) as (site, caller, program):
        asked = {"prompt": "hello", "temperature": 0}
        first = data(await program.post(PATH, json=asked))
        left = await credits(site, caller)
        again = await program.post(PATH, json=asked)
        assert data(again)["text"] == first["text"]
        assert data(again)["usage"]["charged"] == "0"
        assert '"user";r=498;' in again.headers["ratelimit"]
        assert await credits(site, caller) == left

        async def is_free() -> bool:
            return await redis.zcard(slots_key(caller.user_id)) == 0

        await eventually(is_free)


async def test_one_that_takes_too_long_is_broken_off_and_free(
    migrated: EngineUrls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aitest, "WITHIN_S", 0.3)
    slow = ProviderSettings(demo_pacing=Pacing(tokens_per_s=5, first_token_s=0))
    async with trying(migrated, providers=slow) as (site, caller, program):
        before = await credits(site, caller)
        answer = await program.post(PATH, json={"prompt": "hello"})
        error(answer, 504, "provider_timeout")
        assert '"user";r=499;' in answer.headers["ratelimit"]
        assert await credits(site, caller) == before
    await books_balance(database)


async def test_who_leaves_cancels_it_and_pays_for_what_was_said(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    slow = ProviderSettings(demo_pacing=Pacing(tokens_per_s=5, first_token_s=0))
    async with trying(migrated, providers=slow) as (site, caller, program):
        gone, live = asyncio.Event(), site.harness.engine.live
        asking = asyncio.create_task(ask_until(gone, site, program))
        await eventually(lambda: any(run.buffer.text for run in live))
        gone.set()
        await asking
        await eventually(lambda: len(live) == 0)
        async with database.snapshot() as tx:
            (turn,) = await tx.execute(text("SELECT state, outcome->'receipt' FROM turns"))
        assert turn[0] == "cancelled"
        assert Decimal(turn[1]["charged"]) > 0

        async def is_free() -> bool:
            return await redis.zcard(slots_key(caller.user_id)) == 0

        await eventually(is_free)
    await books_balance(database)


async def ask_until(gone: asyncio.Event, site: Web, program: httpx2.AsyncClient) -> None:
    """Ask as a client does that hangs up then."""
    body = [b'{"prompt": "hello"}']

    async def receive() -> Message:
        if body:
            return {"type": "http.request", "body": body.pop(), "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError(f"nobody is there to hear {message}")

    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "query_string": b"",
        "headers": [(b"authorization", program.headers["authorization"].encode())],
        "client": ("203.0.113.9", 5_000),
    }
    await site.app(scope, receive, send)


async def test_a_key_for_a_workspace_lets_the_workspace_pay(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person(credits=0)
        workspace = await team(database, caller, credits=50)
        async with database.transaction() as tx:
            made = await site.services.accounts.keys.create(
                tx, caller.user_id, name="t", scopes=None, expires_at=None, workspace_id=workspace
            )
        bound = site.browser(headers={"Authorization": f"Bearer {made.secret}"})
        data(await bound.post(PATH, json={"prompt": "hello"}))
        error(
            await (await site.program(caller)).post(PATH, json={"prompt": "hello"}),
            402,
            "insufficient_credits",
        )
    await books_balance(database)


async def test_a_key_needs_the_scope_of_turns(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        reader = await site.program(scopes=[Scope.READ])
        error(await reader.post(PATH, json={"prompt": "hello"}), 403, "forbidden")
        turner = await site.program(scopes=[Scope.TURNS])
        data(await turner.post(PATH, json={"prompt": "hello"}))
