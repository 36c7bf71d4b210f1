"""A paused scope begins no turn of any kind; what runs goes on, and nothing of a refusal stays."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import text

from agents.providers.demo import Pacing
from agents.providers.load import ProviderSettings
from billing.alerts import ScopeKind
from billing.pauses import lift, pause
from server.domain.errors import Paused
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.protocol.commands import TurnRequest
from server.turns.oneshot import Purpose
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

MODEL = "demo/causerie-demo"
SCOPES: list[tuple[ScopeKind, str]] = [
    ("system", ""),
    ("feature", "chat"),
    ("agent", "assistant"),
    ("model", MODEL),
    ("provider", "demo"),
]


async def begin(harness: Harness, kind: ScopeKind, key: str) -> Any:
    services = harness.process.services
    async with services.database.transaction() as tx:
        made = await pause(
            tx, kind, key, "Too dear.", by=None, ends_at=None, alert_id=None, id=new_id()
        )
        await services.pauses.refresh(tx)
    assert made is not None
    return made.id


async def turns_of(database: Database) -> int:
    async with database.snapshot() as tx:
        return int(await tx.scalar(text("SELECT count(*) FROM turns")) or 0)


@pytest.mark.parametrize(("kind", "key"), SCOPES)
async def test_a_refused_turn_leaves_nothing_behind(
    turns: Harness, database: Database, redis: Redis, kind: ScopeKind, key: str
) -> None:
    caller = await turns.person()
    paused = await begin(turns, kind, key)
    with pytest.raises(Paused) as refused:
        await turns.say(caller, "hello")
    assert refused.value.metadata["scope"] == kind
    with pytest.raises(Paused):
        await turns.engine.estimate(caller, TurnRequest(text="hello"))
    assert await turns_of(database) == 0
    assert await redis.keys("*") == []  # neither a request nor a slot is counted
    services = turns.process.services
    async with database.transaction() as tx:
        await lift(tx, paused, new_id())
        await services.pauses.refresh(tx)
    assert (await turns.answer(caller, "hello"))["type"] == "turn.completed"
    await books_balance(database)


async def test_a_paused_creator_waits_and_everybody_else_goes_on(
    turns: Harness, database: Database
) -> None:
    caller, other = await turns.person(), await turns.person()
    await begin(turns, "creator", str(caller.user_id))
    with pytest.raises(Paused):
        await turns.say(caller, "hello")
    assert (await turns.answer(other, "hello"))["type"] == "turn.completed"


async def test_a_one_shot_is_refused_as_well(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    purpose = Purpose(
        creator_id=caller.user_id, feature="completion", agent_id="clerk", correlation_id="c"
    )
    generate = turns.process.turns.generation.generate_text_with_billing
    assert (await generate("hello", purpose)).text
    for kind, key in (("feature", "completion"), ("agent", "clerk"), ("provider", "demo")):
        await begin(turns, kind, key)  # type: ignore[arg-type]
        with pytest.raises(Paused):
            await generate("hello", purpose)
    assert await turns_of(database) == 1
    await books_balance(database)


@pytest_asyncio.fixture
async def titling(migrated: EngineUrls, database: Database, redis: Redis) -> AsyncIterator[Harness]:
    async with turn_harness(migrated, auto_titles="true") as harness:
        yield harness


async def test_titles_are_not_made_while_they_are_paused(
    titling: Harness, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="server.turns.beside")
    await begin(titling, "feature", "title")
    caller = await titling.person()
    assert (await titling.answer(caller, "hello"))["type"] == "turn.completed"
    await eventually(lambda: "title.not_made" in caplog.messages)
    assert await turns_of(database) == 1


async def test_what_runs_goes_on_and_its_message_finds_it_again(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    slow = ProviderSettings(demo_pacing=Pacing(tokens_per_s=100, first_token_s=0))
    async with turn_harness(migrated, providers=slow) as harness:
        caller, message = await harness.person(), new_id()
        started = await harness.say(caller, "hello", client_message_id=message)
        await eventually(lambda: started.cursor.text)
        await begin(harness, "system", "")
        again = await harness.say(caller, "hello", client_message_id=message)
        assert again.existing
        assert (await harness.end(again.cursor))["type"] == "turn.completed"
        with pytest.raises(Paused):
            await harness.say(caller, "another")
    await books_balance(database)


async def test_another_process_hears_of_a_pause_soon(
    migrated: EngineUrls, turns: Harness, database: Database
) -> None:
    async with turn_harness(migrated) as elsewhere:
        caller = await turns.person()
        await begin(elsewhere, "system", "")

        async def is_refused() -> bool:
            try:
                await turns.answer(caller, "hello")
            except Paused:
                return True
            return False

        await eventually(is_refused)
