"""A provider call: what is announced, streamed, counted, and closed."""

from contextlib import aclosing

import pytest
from msgspec import json

from agents.events import CallFinished, CallStarted, TextDelta
from agents.tokens import count_text
from server.domain.errors import (
    ModelUnavailable,
    ProviderError,
)
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome, UsageSource
from tests.agents.scene import hear, text_of, working
from tests.support.providers.plays import Play


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
