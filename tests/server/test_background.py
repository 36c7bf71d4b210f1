"""What runs in the background goes on after a failure nobody foresaw, and ends when told to."""

import asyncio

import pytest

from server import background
from tests.support.eventually import eventually


async def test_a_task_that_fails_is_begun_again_until_it_is_ended(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "AGAIN_S", 0.0)
    begun: list[int] = []

    async def run() -> None:
        begun.append(len(begun))
        if len(begun) < 3:
            raise LookupError("nobody foresaw this")
        await asyncio.Event().wait()

    kept = asyncio.create_task(background.keep(run))
    await eventually(lambda: len(begun) == 3)
    assert [entry.message for entry in caplog.records] == ["task.crashed"] * 2
    await background.end([kept])
    assert kept.cancelled()


async def test_a_task_that_does_not_hear_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "AGAIN_S", 0.02)
    told: list[int] = []

    async def run() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told.append(len(told))
                if len(told) == 2:
                    raise

    deaf = asyncio.create_task(run())
    await asyncio.sleep(0)
    await background.end([deaf])
    assert len(told) == 2
