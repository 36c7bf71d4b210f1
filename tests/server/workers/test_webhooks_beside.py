"""Deliveries beside turns: what they take of the database, and how they end with the process."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import AsyncAdaptedQueuePool, text

from server.local.engines import EngineUrls
from server.persistence.database import Database, open_database
from server.workers.webhooks import NOTES
from tests.server.workers.courier_scene import Scene
from tests.support.eventually import eventually
from tests.support.receiver import SILENCE, Receiver, answer, receiving


@pytest_asyncio.fixture
async def scene(database: Database, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr("server.workers.webhooks.POLL_S", 0.02)
    return Scene(database)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


async def test_attempts_that_cannot_be_written_down_take_no_connection_from_turns(
    scene: Scene, receiver: Receiver, migrated: EngineUrls
) -> None:
    receiver.usual = answer(500)
    hooks = [await scene.hook(receiver, host=f"host{number}") for number in range(20)]
    async with (
        scene.running(),
        open_database(migrated.database_url) as other,
        other.transaction() as tx,
    ):
        await tx.execute(text("SELECT FROM webhooks FOR NO KEY UPDATE"))
        for hook in hooks:
            await scene.send(hook)
        await eventually(lambda: len(receiver.received) == len(hooks))
        pool = scene.database.engine.pool
        assert isinstance(pool, AsyncAdaptedQueuePool)
        await eventually(lambda: pool.checkedout() >= NOTES)
        for _ in range(20):
            await asyncio.sleep(0.01)
            assert pool.checkedout() <= NOTES + 1  # who looks for what is due takes one


async def test_what_gets_no_answer_while_a_process_ends_is_due_at_once(
    scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.workers.webhooks.GRACE_S", 0.05)
    receiver.plays = [SILENCE]
    hook = await scene.hook(receiver)
    async with scene.running() as courier:
        event = await scene.send(hook)
        await eventually(lambda: len(receiver.received) == 1)
        await courier.leave()
    async with scene.running():
        found = await scene.ended(hook, event)
    assert (found.state, found.attempts) == ("delivered", 1)
    assert receiver.ids == [str(event)] * 2


async def test_what_is_answered_soon_arrives_before_a_process_ends(
    scene: Scene, receiver: Receiver
) -> None:
    receiver.pause_s = 0.2
    hook = await scene.hook(receiver)
    async with scene.running() as courier:
        event = await scene.send(hook)
        await eventually(lambda: len(receiver.received) == 1)
        await courier.leave()
    assert (await scene.stands(hook, event)).state == "delivered"


async def test_what_somebody_waits_for_is_sent_before_the_next_look(
    scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.workers.webhooks.POLL_S", 600)
    hook = await scene.hook(receiver)
    async with scene.running() as courier:
        await asyncio.sleep(0.1)  # it has looked
        event = await scene.send(hook)
        courier.ring()
        assert (await scene.ended(hook, event)).state == "delivered"
