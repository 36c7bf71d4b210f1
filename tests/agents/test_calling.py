"""Provider calls: what is announced, made again, handed on, and accounted for."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import pytest
from msgspec import json

from agents.calling import Caller
from agents.events import AgentEvent, CallFinished, CallStarted, Notice, TextDelta
from agents.providers.base import TextRequest
from agents.providers.demo import FULL_SPEED
from agents.providers.health import BreakerLimits, Health
from agents.providers.load import ProviderSettings, open_registry
from agents.providers.retry import Retries
from agents.tokens import count_text
from server.domain.breaker import BreakerState
from server.domain.clock import utc_now
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import (
    AppError,
    ContentBlocked,
    ModelUnavailable,
    ProviderError,
    ProviderRateLimited,
)
from server.domain.ids import CallId, new_id
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome, UsageSource
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play

ONE, TWO = "openai/one", "openai/two"
ONCE = Retries(attempts=1)
NEVER = BreakerLimits(calls_min=10_000)
QUICK = Retries(attempts=3, first_s=0.01, longest_s=0.05)


@dataclass
class Scene:
    caller: Caller
    health: Health
    stub: OpenAIStub

    def ask(self, *models: str, question: str = "Hello") -> AsyncGenerator[AgentEvent, None]:
        request = TextRequest(
            model="",
            messages=(ChatMessage(role=Role.USER, text=question),),
            instructions="Be brief.",
            params=Params(),
            correlation_id="corr",
        )
        return self.caller.call("assistant", models or (ONE,), request, 11)


@asynccontextmanager
async def working(
    *plays: Play,
    retries: Retries = ONCE,
    limits: BreakerLimits = NEVER,
) -> AsyncIterator[Scene]:
    async with OpenAIStub() as stub:
        stub.plays(*plays)
        settings = ProviderSettings(
            openai_base_url=stub.url,
            openai_models=("one", "two"),
            demo_pacing=FULL_SPEED,
            first_token_s=0.5,
            between_tokens_s=0.5,
        )
        async with open_registry(settings) as registry:
            models = [model.id for model in registry.models()]
            health = Health(models, limits, time=time.monotonic, clock=utc_now)
            caller = Caller(registry, health, retries, lambda: CallId(new_id()))
            yield Scene(caller, health, stub)


async def hear(
    scene: Scene, *models: str, question: str = "Hello"
) -> tuple[list[AgentEvent], AppError | None]:
    events: list[AgentEvent] = []
    try:
        async with aclosing(scene.ask(*models, question=question)) as run:
            async for event in run:
                events.append(event)  # noqa: PERF401 - what was heard before an error counts
    except AppError as error:
        return events, error
    return events, None


def text_of(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def notices(events: list[AgentEvent]) -> list[Notice]:
    return [event for event in events if isinstance(event, Notice)]


def calls(events: list[AgentEvent]) -> list[tuple[str, CallOutcome]]:
    """Models and outcomes of the calls, in their order; each was announced before it ended."""
    models = {event.call_id: event.model for event in events if isinstance(event, CallStarted)}
    return [
        (models[event.call_id], event.outcome)
        for event in events
        if isinstance(event, CallFinished)
    ]


async def test_a_call_is_announced_streamed_and_finished_with_the_providers_figures() -> None:
    async with working(Play(tokens=5)) as scene:
        events, error = await hear(scene)
    assert error is None
    started, finished = events[0], events[-1]
    assert isinstance(started, CallStarted)
    assert (started.agent, started.provider, started.model) == (
        "assistant",
        "openai",
        "openai/one",
    )
    assert started.input_tokens == 11
    assert isinstance(finished, CallFinished)
    assert finished.call_id == started.call_id
    assert (finished.outcome, finished.finish_reason) == (CallOutcome.OK, FinishReason.STOP)
    assert finished.usage.source is UsageSource.PROVIDER
    assert finished.usage.output_tokens == 5
    assert text_of(events) == scene.stub.exchanges[0].text


async def test_without_figures_the_usage_is_counted_and_marked() -> None:
    async with working(Play(tokens=5, usage=False, reasoning=("hm",))) as scene:
        events, _ = await hear(scene)
    finished = events[-1]
    assert isinstance(finished, CallFinished)
    usage = finished.usage
    assert (usage.source, usage.input_tokens) == (UsageSource.ESTIMATED, 11)
    assert usage.reasoning_tokens == count_text("hm")
    assert usage.output_tokens == count_text(text_of(events)) + usage.reasoning_tokens


@pytest.mark.parametrize("figures", [(0, 0), (0, 4), (9, 0)])
async def test_figures_that_cannot_be_true_are_counted_instead(figures: tuple[int, int]) -> None:
    usage = {"prompt_tokens": figures[0], "completion_tokens": figures[1]}
    choice = {"index": 0, "delta": {"content": "Hi there."}, "finish_reason": "stop"}
    said = json.encode({"choices": [choice], "usage": usage})
    body = b"data: %s\n\ndata: [DONE]\n\n" % said
    async with working(Play(body=body, content_type="text/event-stream")) as scene:
        events, error = await hear(scene)
    finished = events[-1]
    assert error is None
    assert isinstance(finished, CallFinished)
    assert finished.usage.source is UsageSource.ESTIMATED
    assert finished.usage.input_tokens == 11
    assert finished.usage.output_tokens == count_text("Hi there.")


async def test_a_failed_call_is_finished_with_what_was_delivered_and_then_raised() -> None:
    async with working(Play(cut=3)) as scene:
        events, error = await hear(scene)
    assert isinstance(error, ProviderError)
    finished = events[-1]
    assert isinstance(finished, CallFinished)
    assert finished.outcome is CallOutcome.FAILED
    assert (finished.usage.input_tokens, finished.usage.source) == (11, UsageSource.ESTIMATED)
    assert finished.usage.output_tokens == count_text("The meter runs")


async def test_a_refused_call_has_used_nothing() -> None:
    async with working(Play(status=500)) as scene:
        events, error = await hear(scene)
    assert isinstance(error, ProviderError)
    finished = events[-1]
    assert isinstance(finished, CallFinished)
    assert (finished.usage.input_tokens, finished.usage.output_tokens) == (0, 0)


async def test_closing_the_run_closes_the_providers_connection() -> None:
    async with working(Play(tokens=1000, gap=0.01)) as scene:
        async with aclosing(scene.ask()) as run:
            async for event in run:
                if isinstance(event, TextDelta):
                    break
        await scene.stub.exchanges[0].client_left()
        assert scene.stub.exchanges[0].tokens_sent < 100


async def test_an_unknown_model_is_refused_before_any_call() -> None:
    async with working() as scene:
        events, error = await hear(scene, "openai/nothing")
    assert isinstance(error, ModelUnavailable)
    assert events == []
    assert scene.stub.exchanges == []


async def test_the_demo_answers_as_any_provider_does() -> None:
    async with working() as scene:
        events, error = await hear(scene, "demo/causerie-demo", question="a table")
    assert error is None
    finished = events[-1]
    assert isinstance(finished, CallFinished)
    assert finished.usage.output_tokens == count_text(text_of(events))


async def test_a_call_that_failed_before_its_first_word_is_made_again() -> None:
    async with working(Play(status=503), Play(status=429, retry_after="0"), retries=QUICK) as scene:
        events, error = await hear(scene)
    assert error is None
    assert calls(events) == [(ONE, CallOutcome.FAILED)] * 2 + [(ONE, CallOutcome.OK)]
    assert [
        (told.kind, told.detail["attempt"], told.detail["code"]) for told in notices(events)
    ] == [
        ("retry", 2, "provider_error"),
        ("retry", 3, "provider_rate_limited"),
    ]
    assert len(scene.stub.exchanges) == 3


async def test_who_waits_for_another_attempt_is_told_before() -> None:
    slow = Retries(first_s=60, longest_s=60)
    async with working(Play(status=500), retries=slow) as scene, asyncio.timeout(5):
        events = scene.ask()
        kinds = [type(await anext(events)) for _ in range(3)]
        await events.aclose()
    assert kinds == [CallStarted, CallFinished, Notice]


async def test_after_the_first_word_nothing_is_made_again() -> None:
    async with working(Play(cut=3), retries=QUICK) as scene:
        events, error = await hear(scene, ONE, TWO)
    assert isinstance(error, ProviderError)
    assert calls(events) == [(ONE, CallOutcome.FAILED)]
    assert len(scene.stub.exchanges) == 1


async def test_three_attempts_then_the_next_model() -> None:
    async with working(retries=QUICK) as scene:
        scene.stub.plays_for("one", Play(status=500))
        events, error = await hear(scene, ONE, TWO)
    assert error is None
    assert calls(events) == [(ONE, CallOutcome.FAILED)] * 3 + [(TWO, CallOutcome.OK)]
    assert notices(events)[-1] == Notice(
        kind="failover", detail={"from": ONE, "to": TWO, "code": "provider_error"}
    )


async def test_when_no_model_answers_the_last_failure_is_told() -> None:
    async with working(Play(status=500), Play(status=429, retry_after="7")) as scene:
        events, error = await hear(scene, ONE, TWO)
    assert isinstance(error, ProviderRateLimited)
    assert error.retry_after == 7
    assert calls(events) == [(ONE, CallOutcome.FAILED), (TWO, CallOutcome.FAILED)]


async def test_wrong_credentials_are_not_tried_twice_but_handed_on() -> None:
    async with working(Play(status=401), retries=QUICK) as scene:
        events, error = await hear(scene, ONE, TWO)
    assert error is None
    assert calls(events) == [(ONE, CallOutcome.FAILED), (TWO, CallOutcome.OK)]


async def test_a_server_that_asks_for_a_long_pause_is_not_waited_for() -> None:
    async with working(Play(status=429, retry_after="30"), retries=QUICK) as scene:
        _, error = await hear(scene, ONE)
    assert isinstance(error, ProviderRateLimited)
    assert error.retry_after == 30
    assert len(scene.stub.exchanges) == 1


async def test_a_prompt_that_was_refused_is_not_shown_to_others() -> None:
    blocked = Play(status=400, error={"code": "content_filter", "message": "no"})
    async with working(blocked, retries=QUICK) as scene:
        _, error = await hear(scene, ONE, TWO)
    assert isinstance(error, ContentBlocked)
    assert len(scene.stub.exchanges) == 1
    assert scene.health.state(ONE) is BreakerState.CLOSED


async def test_a_model_that_keeps_failing_is_left_alone_then_tried_by_one_call() -> None:
    limits = BreakerLimits(calls_min=2, probe_s=0.2)
    async with working(limits=limits) as scene:
        scene.stub.plays_for("one", Play(status=500))
        for _ in range(2):
            await hear(scene)
        assert scene.health.state(ONE) is BreakerState.OPEN
        events, error = await hear(scene)
        assert isinstance(error, ProviderError)
        assert events == []
        assert error.retry_after is not None
        events, error = await hear(scene, ONE, TWO)
        assert (error, calls(events)) == (None, [(TWO, CallOutcome.OK)])
        assert notices(events)[0].kind == "failover"
        scene.stub.plays_for("one", Play())
        await asyncio.sleep(0.2)
        events, error = await hear(scene)
        assert (error, calls(events)) == (None, [(ONE, CallOutcome.OK)])
        assert scene.health.state(ONE) is BreakerState.CLOSED
        assert len([sent for sent in scene.stub.exchanges if sent.body["model"] == "one"]) == 3
