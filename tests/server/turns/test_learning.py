"""A turn that succeeded has taught something, in whatever process; one that did not, nothing."""

import asyncio
import logging

import pytest
from sqlalchemy import text

from agents.events import Learned, TextDelta
from knowledge.tables import InsightRow
from server.domain.insights import InsightKind
from server.domain.turn import FinishReason
from server.persistence.database import Database
from server.protocol.events import TurnCancelled
from server.turns.learning import Learning
from server.turns.run import Run
from tests.knowledge.scene import new
from tests.server.turns.scene import completed, count
from tests.server.turns.test_run import BEGIN, Script, Stage, finish
from tests.support.turns import Harness

LESSONS = Learned(
    insights=(
        new("Polls sell.", kind=InsightKind.SALES_TACTIC),
        new("Fans write on Sunday.", kind=InsightKind.OPTIMAL_TIMING),
    )
)


async def taught(turns: Harness, *lessons: Learned) -> Run:
    """A turn whose agent has learned ``lessons``."""
    end = finish(FinishReason.STOP)
    run = await Stage(turns).run(Script([BEGIN, TextDelta(text="x"), *lessons, end]))
    await run.drive(10)
    return run


async def test_what_a_completed_turn_has_learned_is_remembered(
    turns: Harness, database: Database
) -> None:
    run = await taught(turns, LESSONS)
    network = turns.process.services.network
    async with asyncio.TaskGroup() as tasks:
        Learning(network, tasks=tasks).look(run, completed(run.turn.id, 9))
    known = await network.get_relevant_insights(
        run.turn.user_id, text="", budget_tokens=500, count=len
    )
    assert {one.insight.text for one in known} == {one.text for one in LESSONS.insights}


async def test_other_ends_and_turns_without_a_lesson_teach_nothing(
    turns: Harness, database: Database
) -> None:
    run, plain = await taught(turns, LESSONS), await taught(turns)
    end = completed(run.turn.id, 9)
    cancelled = TurnCancelled(
        turn_id=end.turn_id,
        seq=end.seq,
        receipt=end.receipt,
        balance=end.balance,
        quota=end.quota,
    )
    async with asyncio.TaskGroup() as tasks:
        learning = Learning(turns.process.services.network, tasks=tasks)
        learning.look(run, cancelled)
        learning.look(plain, completed(plain.turn.id, 9))
    assert await count(database, InsightRow) == 0


async def test_what_cannot_be_remembered_is_for_the_log(
    turns: Harness, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    run = await taught(turns, LESSONS)
    async with database.transaction() as tx:
        await tx.execute(text("ALTER TABLE insights RENAME TO away"))
    try:
        async with asyncio.TaskGroup() as tasks:
            Learning(turns.process.services.network, tasks=tasks).look(
                run, completed(run.turn.id, 9)
            )
    finally:
        async with database.transaction() as tx:
            await tx.execute(text("ALTER TABLE away RENAME TO insights"))
    assert "insights.crashed" in caplog.text
