"""What the window no longer holds is summed up once, and told to the model in the turns after."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from sqlalchemy import func, select

from agents.context import SUMMARY_HEADING
from agents.providers.load import ProviderSettings
from agents.providers.openai_models import UNKNOWN_WINDOW_TOKENS
from server.accounts.access import Principal
from server.domain.content import Role
from server.domain.ids import MessageId, new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.messages import Said
from server.persistence.summaries import SummaryRow
from server.persistence.turns import TurnRow
from server.turns.summaries import SHOWN_BYTES, shown
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.turns import Harness, turn_harness

MODELS = ("dear", "cheap")


@pytest_asyncio.fixture
async def scene(
    migrated: EngineUrls, database: Database, redis: Redis
) -> AsyncIterator[tuple[Harness, OpenAIStub]]:
    async with OpenAIStub() as stub:
        offered = ProviderSettings(openai_base_url=stub.url, openai_models=MODELS)
        settings = {
            "openai_models": "dear=10/40,cheap=1/4",
            "openai_base_url": stub.url,
            "auto_summaries": "true",
        }
        async with turn_harness(migrated, providers=offered, **settings) as harness:
            stub.plays_for("cheap", Play(deltas=("They spoke of bread.",)))
            yield harness, stub


async def made(database: Database) -> list[str]:
    async with database.snapshot() as tx:
        return list(await tx.scalars(select(SummaryRow.text).order_by(SummaryRow.message_id)))


async def is_idle(database: Database) -> bool:
    async with database.snapshot() as tx:
        running = TurnRow.outcome.is_(None)
        return await tx.scalar(select(func.count()).select_from(TurnRow).where(running)) == 0


def system(body: dict[str, Any]) -> str:
    return str(body["messages"][0]["content"])


async def overfilled(
    harness: Harness, stub: OpenAIStub, caller: Principal, database: Database
) -> UUID | None:
    """A conversation that the window does not hold any more: a summary has been asked for."""
    # Five of them fill the window; each is a sixth of what a message may have.
    text = "bread " * 5_200
    ends = [await harness.answer(caller, text, model="openai/dear")]
    async with database.snapshot() as tx:
        place = await tx.scalar(select(TurnRow.conversation_id))
    while not [sent for sent in stub.exchanges if sent.body["model"] == "cheap"]:
        assert len(ends) < UNKNOWN_WINDOW_TOKENS // 5_000 + 3
        assert await made(database) == []
        ends.append(await harness.answer(caller, text, model="openai/dear", conversation_id=place))
        if len(ends) * 5_200 > UNKNOWN_WINDOW_TOKENS:
            await eventually(lambda: stub.exchanges[-1].body["model"] == "cheap")
    return place


async def test_what_is_dropped_is_summed_up_for_the_turns_after(
    scene: tuple[Harness, OpenAIStub], database: Database
) -> None:
    harness, stub = scene
    caller = await harness.person(credits=100_000)
    place = await overfilled(harness, stub, caller, database)

    async def is_made() -> bool:
        return await made(database) == ["They spoke of bread."]

    await eventually(is_made)
    asked = stub.exchanges[-1].body
    assert len(asked["messages"][-1]["content"]) <= SHOWN_BYTES + 1_000
    before = [sent.body for sent in stub.exchanges if sent.body["model"] == "dear"]
    assert not any(SUMMARY_HEADING in system(body) for body in before)
    counts = []
    for _ in range(3):
        await harness.answer(caller, "And now?", model="openai/dear", conversation_id=place)
        sent = [sent.body for sent in stub.exchanges if sent.body["model"] == "dear"][-1]
        assert system(sent).endswith(f"{SUMMARY_HEADING}\nThey spoke of bread.")
        await eventually(partial(is_idle, database))
        counts.append(len(await made(database)))
    # A cut that stays where it is needs no other summary.
    assert counts[0] == counts[1] == counts[2]
    await books_balance(database)


async def test_a_model_that_has_nothing_to_say_is_paid_once(
    scene: tuple[Harness, OpenAIStub], database: Database
) -> None:
    harness, stub = scene
    stub.plays_for("cheap", Play(deltas=(), reasoning=("Hm…",), finish="length"))
    caller = await harness.person(credits=100_000)
    place = await overfilled(harness, stub, caller, database)
    await eventually(partial(is_idle, database))
    for _ in range(3):
        await harness.answer(caller, "And now?", model="openai/dear", conversation_id=place)
        await eventually(partial(is_idle, database))
        sent = [sent.body for sent in stub.exchanges if sent.body["model"] == "dear"][-1]
        assert SUMMARY_HEADING not in system(sent)

    async def is_asked_once() -> bool:
        asked = [sent for sent in stub.exchanges if sent.body["model"] == "cheap"]
        return len(asked) == len(await made(database))

    await eventually(is_asked_once)
    await books_balance(database)


def said(*texts: str) -> list[Said]:
    return [Said(id=MessageId(new_id()), role=Role.USER, text=text) for text in texts]


def test_the_newest_summary_stands_for_what_it_covers() -> None:
    dropped = said("one", "two", "three", "four")
    found: dict[UUID, str] = {one.id: f"up to {one.text}" for one in dropped[:2] if one.id}
    told = shown(dropped, found)
    assert told.startswith("<summary>\nup to two\n</summary>\n<user>\nthree\n</user>")
    assert "one" not in told


@given(st.lists(st.integers(0, 3 * SHOWN_BYTES), min_size=1, max_size=12))
def test_long_messages_are_shown_in_part_and_short_ones_whole(lengths: list[int]) -> None:
    dropped = said(*("x" * length for length in lengths))
    told = shown(dropped, {})
    assert told.count("x") <= SHOWN_BYTES
    if sum(lengths) <= SHOWN_BYTES:
        assert told.count("x") == sum(lengths)
    else:
        assert told.count("x") > SHOWN_BYTES - 2 * len(lengths)


@given(st.text(st.sampled_from("aä語🙂"), max_size=400), st.integers(0, 3))
def test_no_script_takes_more_than_its_share(text: str, more: int) -> None:
    dropped = said(*[text * 400] * (more + 1))
    told = shown(dropped, {})
    around = len("<user>\n\n[…]\n\n</user>\n".encode()) * len(dropped)
    assert len(told.encode()) <= SHOWN_BYTES + around
    assert "\ufffd" not in told
