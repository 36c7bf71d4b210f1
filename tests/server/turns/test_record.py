"""Each turn's end is one line of the log, one count, and news to its user, whoever wrote it."""

import logging
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from server.domain.errors import InsufficientCredits
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.protocol.events import BalanceChanged, ConversationUpdated
from server.turns.feed import UserEvent
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


def figure(harness: Harness, name: str, **labels: str) -> float:
    """The sum of a metric where it has these labels, as this process has it."""
    exposition, _ = harness.process.services.metrics.exposition()
    return sum(
        sample.value
        for family in text_string_to_metric_families(exposition.decode())
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def counted(harness: Harness, outcome: str) -> float:
    """Turns that ended so."""
    return figure(harness, "turns_total", outcome=outcome)


def lines(caplog: pytest.LogCaptureFixture, turn: object) -> list[Any]:
    """What the log says of this turn's end."""
    return [
        entry
        for entry in caplog.records
        if entry.name == "server.turns.record" and str(turn) in str(entry.__dict__)
    ]


async def test_an_answer_is_told_counted_and_logged_once(
    turns: Harness, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caller, heard = await turns.person(), list[UserEvent]()
    turns.engine.feed.follow_user(caller.user_id, heard.append)
    with caplog.at_level(logging.INFO):
        outcome = await turns.answer(caller, "Hello")
        await eventually(lambda: len(turns.engine.live) == 0)
    (line,) = lines(caplog, outcome["turnId"])
    assert line.message == "turn.completed"
    assert counted(turns, "completed") == 1
    (balance,) = [event for event in heard if isinstance(event, BalanceChanged)]
    assert balance.balance.credits == outcome["balance"]["credits"]
    # Of the question, and of its answer.
    assert len([event for event in heard if isinstance(event, ConversationUpdated)]) == 2


async def test_metrics_add_up_what_receipts_say(turns: Harness) -> None:
    caller = await turns.person()
    receipts = [(await turns.answer(caller, "Hello"))["receipt"] for _ in range(2)]
    for name, key in (
        ("provider_cost_usd_total", "costUsd"),
        ("credits_charged_total", "charged"),
    ):
        told = sum(float(receipt[key]) for receipt in receipts)
        assert figure(turns, name, provider="demo", feature="chat") == pytest.approx(told)
        assert told > 0
    calls = [call for receipt in receipts for call in receipt["calls"]]
    for direction in ("input", "output"):
        told = sum(call[f"{direction}Tokens"] for call in calls)
        assert figure(turns, "provider_tokens_total", direction=direction) == told > 0


async def test_a_turn_that_is_not_admitted_counts_by_its_reason(turns: Harness) -> None:
    caller = await turns.person(credits=0)
    for _ in range(2):
        with pytest.raises(InsufficientCredits):
            await turns.say(caller, "Hello")
    assert figure(turns, "turn_refusals_total", code="insufficient_credits") == 2
    assert figure(turns, "turns_total") == 0


async def test_the_end_of_a_lost_turn_is_too_wherever_its_user_is(
    migrated: EngineUrls, database: Database, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        turn_harness(migrated) as first,
        turn_harness(migrated) as second,
        turn_harness(migrated) as third,
    ):
        caller, heard, confirmed = await first.person(credits=9), list[UserEvent](), list[object]()
        third.process.bell.when_heard(lambda *who: confirmed.append(who))
        third.process.bell.watch(caller.user_id)
        await eventually(lambda: confirmed)
        started = await first.say(caller, LONG)
        await eventually(lambda: started.cursor.text)
        third.engine.feed.follow_user(caller.user_id, heard.append)
        with caplog.at_level(logging.INFO):
            assert await second.process.turns.leases.reap(all_others=True) == 1
        (line,) = lines(caplog, started.event.turn_id)
        assert line.message == "turn.failed"
        assert counted(second, "failed") == 1
        await eventually(lambda: any(isinstance(event, BalanceChanged) for event in heard))
