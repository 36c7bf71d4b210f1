"""While an engine is away one task asks it, again and again, until it answers."""

import asyncio

import pytest

from server.persistence import guard as guard_module
from server.persistence.guard import Guard
from tests.support.eventually import eventually


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "PROBE_S", 0.02)


class Engine:
    """Answers, fails or hangs, as it is told."""

    def __init__(self) -> None:
        self.is_back, self.hangs = False, False
        self.asked = self.distrusted = 0

    async def ask(self) -> None:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if not self.is_back:
            raise ConnectionRefusedError

    async def distrust(self) -> None:
        self.distrusted += 1


def guarded(engine: Engine, failures: int = 3) -> Guard:
    return Guard("engine", engine.ask, engine.distrust, failures=failures)


async def test_a_call_that_hung_closes_the_door_until_the_engine_answers() -> None:
    engine = Engine()
    guard = guarded(engine)
    guard.hung(TimeoutError())
    assert guard.is_open
    await eventually(lambda: engine.asked >= 3)
    assert guard.is_open
    engine.is_back = True
    await eventually(lambda: not guard.is_open)
    assert engine.distrusted == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_few_failures_in_a_row_do_too() -> None:
    guard = guarded(Engine())
    for _ in range(2):
        guard.failed(ConnectionResetError())
    guard.succeeded()
    for _ in range(2):
        guard.failed(ConnectionResetError())
    before = guard.is_open
    guard.failed(ConnectionResetError())
    assert (before, guard.is_open) == (False, True)
    await guard.close()


async def test_a_look_that_hangs_is_followed_by_another() -> None:
    engine = Engine()
    engine.hangs = True
    guard = guarded(engine)
    guard.hung(TimeoutError())
    await eventually(lambda: engine.asked >= 3)
    engine.hangs, engine.is_back = False, True
    await eventually(lambda: not guard.is_open)


async def test_connections_that_cannot_be_dropped_keep_nobody_from_looking(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = Engine()
    engine.is_back = True

    async def distrust() -> None:
        raise AttributeError("of a client library")

    guard = Guard("engine", engine.ask, distrust, failures=3)
    guard.hung(TimeoutError())
    await eventually(lambda: not guard.is_open)
    assert "engine.distrust_failed" in caplog.text


async def test_many_that_hang_together_are_one_outage(caplog: pytest.LogCaptureFixture) -> None:
    guard = guarded(Engine())
    for _ in range(20):
        guard.hung(TimeoutError())
    assert len(asyncio.all_tasks()) == 2
    assert [record.message for record in caplog.records] == ["engine.away"]
    await guard.close()


async def test_an_engine_may_go_and_come_back_more_than_once() -> None:
    engine = Engine()
    engine.is_back = True
    guard = guarded(engine)
    for _ in range(3):
        guard.hung(TimeoutError())
        assert guard.is_open
        await eventually(lambda: not guard.is_open)
    assert (engine.asked, engine.distrusted) == (3, 3)


async def test_closing_ends_the_search() -> None:
    guard = guarded(Engine())
    guard.hung(TimeoutError())
    await guard.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
