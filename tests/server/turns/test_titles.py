"""A new conversation is named after its first exchange, at its owner's small expense."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import select

from agents.providers.demo import FULL_SPEED
from agents.providers.load import ProviderSettings
from server.local.engines import EngineUrls
from server.persistence import conversations
from server.persistence.conversations import ConversationRow
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from server.protocol.events import ConversationUpdated, ServerEvent
from server.turns.titles import cleaned
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.teams import team
from tests.support.turns import Harness, turn_harness

QUESTION = "How do I bake bread with very little yeast and a lot of patience, in a cold kitchen?"
NAMED = Play(deltas=('{"title": "Bread with little yeast"}',))


@pytest_asyncio.fixture
async def scene(
    migrated: EngineUrls, database: Database, redis: Redis
) -> AsyncIterator[tuple[Harness, OpenAIStub]]:
    async with OpenAIStub() as stub:
        offered = ProviderSettings(
            openai_base_url=stub.url,
            openai_models=("dear", "cheap"),
            demo_pacing=FULL_SPEED,
        )
        settings = {
            "openai_models": "dear=10/40,cheap=1/4",
            "openai_base_url": stub.url,
            "auto_titles": "true",
        }
        async with turn_harness(migrated, providers=offered, **settings) as harness:
            stub.plays_for("cheap", NAMED)
            yield harness, stub


async def title(database: Database, conversation: UUID) -> str:
    async with database.snapshot() as tx:
        return str(
            await tx.scalar(select(ConversationRow.title).where(ConversationRow.id == conversation))
        )


async def features(database: Database) -> list[str]:
    """Of the turns that have ended, in the order of their beginning."""
    async with database.snapshot() as tx:
        ended = TurnRow.outcome.is_not(None)
        return list(await tx.scalars(select(TurnRow.feature).where(ended).order_by(TurnRow.id)))


async def test_a_workspace_that_pays_pays_for_the_title_too(
    scene: tuple[Harness, OpenAIStub], database: Database
) -> None:
    harness, _ = scene
    caller = await harness.person(credits=0)
    workspace = await team(database, caller, credits=100)
    started = await harness.say(caller, QUESTION, model="openai/dear", workspace_id=workspace)
    await harness.end(started.cursor)

    async def is_named() -> bool:
        return await title(database, started.event.conversation_id) == "Bread with little yeast"

    await eventually(is_named)
    async with database.snapshot() as tx:
        billed = await tx.execute(select(TurnRow.feature, TurnRow.account_id))
        assert {tuple(row) for row in billed} == {("chat", workspace), ("title", workspace)}
    await books_balance(database)


async def test_the_cheapest_model_names_it_and_its_owner_s_sessions_hear(
    scene: tuple[Harness, OpenAIStub], database: Database
) -> None:
    harness, stub = scene
    caller = await harness.person(credits=100)
    heard: list[ServerEvent] = []
    harness.engine.feed.follow_user(caller.user_id, heard.append)
    started = await harness.say(caller, QUESTION, model="openai/dear")
    conversation = started.event.conversation_id
    assert (await title(database, conversation)).startswith("How do I bake bread")
    await harness.end(started.cursor)

    async def is_named() -> bool:
        return await title(database, conversation) == "Bread with little yeast"

    await eventually(is_named)
    renamed = ConversationUpdated(conversation_id=conversation, change="title")
    await eventually(lambda: renamed in heard)
    asked = stub.exchanges[-1].body
    assert asked["model"] == "cheap"
    assert QUESTION in asked["messages"][-1]["content"]
    assert await features(database) == ["chat", "title"]
    await books_balance(database)
    # The second exchange names nothing.
    await harness.answer(caller, "And then?", conversation_id=conversation, model="openai/dear")
    assert await features(database) == ["chat", "title", "chat"]


async def test_a_name_that_somebody_gave_stays(
    scene: tuple[Harness, OpenAIStub], database: Database
) -> None:
    harness, stub = scene
    caller = await harness.person(credits=100)
    stub.plays_for("cheap", Play(deltas=('{"title": "Too late"}',), first=0.5))
    started = await harness.say(caller, QUESTION, model="openai/dear")
    conversation = started.event.conversation_id
    await harness.end(started.cursor)
    await eventually(lambda: stub.exchanges[-1].body["model"] == "cheap")
    async with database.transaction() as tx:
        assert await conversations.rename(tx, conversation, caller.user_id, "Mine")

    async def is_over() -> bool:
        return await features(database) == ["chat", "title"]

    await eventually(is_over)
    await asyncio.sleep(0)
    assert await title(database, conversation) == "Mine"


@pytest.mark.parametrize("failure", [Play(status=500), Play(deltas=("no JSON at all",))])
async def test_without_a_good_name_the_first_line_stays_and_nothing_is_charged(
    scene: tuple[Harness, OpenAIStub], database: Database, failure: Play
) -> None:
    harness, stub = scene
    caller = await harness.person(credits=100)
    for model in ("cheap", "dear"):
        stub.plays_for(model, failure)
    end = await harness.answer(caller, QUESTION, model="demo/causerie-demo")

    async def is_over() -> bool:
        return await features(database) == ["chat", "title"]

    await eventually(is_over)
    balance, _ = await harness.engine.figures(caller)
    assert balance.credits == end["balance"]["credits"]
    async with database.snapshot() as tx:
        (name,) = await tx.scalars(select(ConversationRow.title))
    assert name.startswith("How do I bake bread")
    await books_balance(database)


async def test_who_cannot_pay_for_a_name_does_without(
    scene: tuple[Harness, OpenAIStub], database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    harness, stub = scene
    # 2000 tokens of the demo model take 4 credits, the 400 of a title 1.6.
    caller = await harness.person(credits=5)
    await harness.answer(caller, "[demo: long 2000] x", model="demo/causerie-demo")
    await eventually(lambda: "title.not_paid" in caplog.text or stub.exchanges)
    assert stub.exchanges == []
    assert await features(database) == ["chat"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  Bread\nwith  little yeast. ", "Bread with little yeast"),
        ("\u202eevil\u001b[31m", "evil [31m"),
        ("“Brot”", "Brot"),
        ("パンの\u200b作り方 🍞", "パンの 作り方 🍞"),
        ("\u00ad\u0007\u2066", ""),
    ],
)
def test_a_name_is_what_shows(said: str, kept: str) -> None:
    assert cleaned(said) == kept
