"""The agent's part of a turn ends as it ended, or as it was asked to, with its stream closed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from msgspec import structs
from redis.asyncio import Redis

from agents.agent import AgentRequest
from agents.events import AgentEvent, CallFinished, CallStarted, Notice, ReasoningDelta, TextDelta
from server.domain.errors import (
    AppError,
    ContentBlocked,
    Draining,
    Internal,
    ProviderError,
    ProviderTimeout,
)
from server.domain.ids import CallId, new_id
from server.domain.money import MicroCredits
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome, Usage
from server.persistence.database import Database
from server.turns.pot import Pot
from server.turns.run import End, Run
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness


@dataclass
class Script:
    """An agent that says these events and then does as told; notes that it was closed."""

    events: list[AgentEvent | BaseException]
    waits: bool = False
    name: str = "assistant"
    instructions: str = ""
    tools: tuple[str, ...] = ()
    is_open: bool = False
    has_waited: bool = False

    async def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        self.is_open = True
        try:
            for event in self.events:
                if isinstance(event, BaseException):
                    raise event
                yield event
            if self.waits:
                self.has_waited = True
                await asyncio.Event().wait()
        finally:
            # A provider's goodbye takes a turn of the loop.
            await asyncio.sleep(0)
            self.is_open = False


CALL = CallId(new_id())
BEGIN = CallStarted(
    call_id=CALL, agent="assistant", provider="demo", model="demo/causerie-demo", input_tokens=3
)


def finish(reason: FinishReason) -> CallFinished:
    return CallFinished(
        call_id=CALL,
        usage=Usage(input_tokens=3, output_tokens=2),
        outcome=CallOutcome.OK,
        finish_reason=reason,
    )


class Stage:
    """Real turns, admitted by a real process, whose agent is a script. They are driven by hand."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness

    async def run(self, script: Script, *, credits: float = 1_000, **plan: Any) -> Run:
        caller = await self._harness.person(credits)
        started = await self._harness.say(caller, "[demo: slow] x")
        admitted = self._harness.engine.live.run(started.event.turn_id)
        assert admitted is not None
        return Run(
            admitted.turn,
            structs.replace(admitted.plan, agent=script, **plan),
            admitted.buffer,
            admitted.meter,
            Pot(admitted._pot._extend, [admitted.held]),
            self._harness.process.services.clock,
            credits_per_usd=1_000,
            load=admitted._load,
            note=admitted._note,
            check=self._harness.engine._runner._check,
        )


@pytest_asyncio.fixture
async def stage(turns: Harness) -> AsyncIterator[Stage]:
    yield Stage(turns)


async def test_an_agent_s_events_become_the_turn_s(stage: Stage) -> None:
    said: list[AgentEvent | BaseException] = [
        BEGIN,
        ReasoningDelta(text="Hm."),
        TextDelta(text="One "),
        Notice(kind="tool", detail={"name": "x"}),
        TextDelta(text="two"),
        finish(FinishReason.LENGTH),
    ]
    run = await stage.run(Script(said), short_of=None)
    assert await run.drive(10) == End(finish_reason=FinishReason.LENGTH)
    assert run.buffer.text == "One two"
    kinds = [frame.type for frame in run.buffer.frames(1)]
    assert kinds == ["turn.reasoning", "turn.delta", "turn.notice", "turn.delta"]
    assert [call.usage.output_tokens for call in run.meter.calls] == [2]
    assert run.first_delta_ms is not None


async def test_reasoning_uses_the_hold_up_and_is_paid_when_it_is_cut_off(stage: Stage) -> None:
    thought = ReasoningDelta(text="Let me think. " * 100)
    script = Script([BEGIN, *[thought] * 100])
    run = await stage.run(script, credits=6)
    end = await run.drive(10)
    assert end == End(finish_reason=FinishReason.CREDITS)
    assert not script.is_open
    run.meter.close(CallOutcome.CANCELLED)
    (call,) = run.meter.calls
    assert call.usage.reasoning_tokens == call.usage.output_tokens
    # 2 credits are 1000 tokens.
    assert call.usage.output_tokens * 2_000 >= run.held


async def test_an_answer_cut_at_what_can_be_paid_says_what_ran_out(stage: Stage) -> None:
    run = await stage.run(
        Script([BEGIN, TextDelta(text="x"), finish(FinishReason.LENGTH)]),
        short_of=FinishReason.QUOTA,
    )
    assert (await run.drive(10)).finish_reason is FinishReason.QUOTA


@pytest.mark.parametrize("reason", [None, Draining("x")], ids=["cancelled", "failed"])
async def test_stopping_closes_the_stream_before_the_end_is_known(
    stage: Stage, reason: AppError | None
) -> None:
    script = Script([BEGIN, TextDelta(text="x")], waits=True)
    run = await stage.run(script)
    driving = asyncio.create_task(run.drive(60))
    await eventually(lambda: script.has_waited)
    run.stop(reason)
    run.stop(Internal("later, and not the reason"))
    end = await driving
    assert not script.is_open
    assert (end.error, end.cancelled) == (reason, reason is None)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_one_that_is_stopped_first_never_begins(stage: Stage) -> None:
    script = Script([BEGIN])
    run = await stage.run(script)
    calls = len(run.meter.calls)
    run.stop()
    assert await run.drive(10) == End(cancelled=True)
    assert not script.is_open
    assert len(run.meter.calls) == calls


async def test_stopping_an_agent_that_has_ended_changes_nothing(stage: Stage) -> None:
    run = await stage.run(Script([BEGIN, TextDelta(text="x"), finish(FinishReason.STOP)]))
    assert await run.drive(10) == End(finish_reason=FinishReason.STOP)
    run.stop(Internal("too late"))
    assert run.stopped_by is None


async def test_whatever_it_raises_while_it_is_closed_it_was_stopped(stage: Stage) -> None:
    class Spiteful(Script):
        async def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
            yield BEGIN
            self.has_waited = True
            try:
                await asyncio.Event().wait()
            finally:
                raise ProviderError("the connection broke while it was closed")

    script = Spiteful([])
    run = await stage.run(script)
    driving = asyncio.create_task(run.drive(60))
    await eventually(lambda: script.has_waited)
    run.stop()
    assert await driving == End(cancelled=True)


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ContentBlocked("x"), "content_blocked"),
        (ValueError("a bug"), "internal"),
        (TimeoutError(), "internal"),
        (asyncio.CancelledError(), "internal"),
    ],
    ids=repr,
)
async def test_what_an_agent_raises_is_the_turn_s_failure(
    stage: Stage, raised: BaseException, code: str
) -> None:
    run = await stage.run(Script([BEGIN, raised]))
    end = await run.drive(10)
    assert end.error is not None
    assert end.error.code == code


async def test_an_answer_that_takes_too_long_is_ended(stage: Stage) -> None:
    script = Script([BEGIN, TextDelta(text="x")], waits=True)
    end = await (await stage.run(script)).drive(0.05)
    assert isinstance(end.error, ProviderTimeout)
    assert not script.is_open


async def test_who_is_cancelled_while_driving_leaves_no_agent_behind(stage: Stage) -> None:
    script = Script([BEGIN], waits=True)
    run = await stage.run(script)
    driving = asyncio.create_task(run.drive(60))
    await eventually(lambda: script.has_waited)
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    assert not script.is_open


async def test_history_that_did_not_fit_is_told(
    migrated: Any, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as harness:
        run = await Stage(harness).run(Script([]))
        dropped = structs.replace(run.plan.fitted, dropped=4)
        run.plan = structs.replace(run.plan, fitted=dropped)
        await run.drive(10)
        assert b'"dropped":4' in b"".join(frame.data for frame in run.buffer.frames(0))


async def test_what_is_held_since_admission_can_be_paid(stage: Stage) -> None:
    run = await stage.run(Script([BEGIN]), credits=6)
    poor = structs.replace(run.plan.figures, balance=MicroCredits(0), held=MicroCredits(0))
    run.plan = structs.replace(run.plan, figures=poor)
    # 4 credits are held for 2000 tokens of the demo model, and a little for the question.
    assert run._affords("demo/causerie-demo", 3) >= 2_000
    dear = run._affords("demo/causerie-demo", 1_000_000)
    assert dear == 0
