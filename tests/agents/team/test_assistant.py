"""One question, one call: what is said about it, however it ends."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from agents.agent import Agent, AgentRequest
from agents.events import AgentEvent, CallFinished, CallStarted, TextDelta
from agents.providers.demo import FULL_SPEED
from agents.providers.load import ProviderSettings, open_registry
from agents.team.assistant import AssistantAgent
from agents.tokens import count_text
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import AppError, ModelUnavailable, ProviderError
from server.domain.ids import CallId, new_id
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome, UsageSource
from tests.support.providers.openai_plays import Play
from tests.support.providers.openai_stub import OpenAIStub


@asynccontextmanager
async def working(*plays: Play) -> AsyncIterator[tuple[Agent, OpenAIStub]]:
    async with OpenAIStub() as stub:
        stub.plays(*plays)
        settings = ProviderSettings(
            openai_base_url=stub.url,
            openai_models=("stub",),
            demo_pacing=FULL_SPEED,
            first_token_s=0.5,
            between_tokens_s=0.5,
        )
        async with open_registry(settings) as registry:
            yield AssistantAgent(registry, lambda: CallId(new_id())), stub


def request(model: str = "openai/stub", question: str = "Hello") -> AgentRequest:
    return AgentRequest(
        models=(model,),
        messages=(ChatMessage(role=Role.USER, text=question),),
        instructions="Be brief.",
        params=Params(),
        input_tokens=11,
        correlation_id="corr",
    )


async def hear(agent: Agent, asked: AgentRequest) -> tuple[list[AgentEvent], AppError | None]:
    events: list[AgentEvent] = []
    try:
        async with aclosing(agent.run(asked)) as run:
            async for event in run:
                events.append(event)  # noqa: PERF401 - what was heard before an error counts
    except AppError as error:
        return events, error
    return events, None


def text_of(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_a_call_is_announced_streamed_and_finished_with_the_providers_figures() -> None:
    async with working(Play(tokens=5)) as (agent, stub):
        events, error = await hear(agent, request())
    assert error is None
    started, finished = events[0], events[-1]
    assert isinstance(started, CallStarted)
    assert (started.agent, started.provider, started.model) == (
        "assistant",
        "openai",
        "openai/stub",
    )
    assert started.input_tokens == 11
    assert isinstance(finished, CallFinished)
    assert finished.call_id == started.call_id
    assert (finished.outcome, finished.finish_reason) == (CallOutcome.OK, FinishReason.STOP)
    assert finished.usage.source is UsageSource.PROVIDER
    assert finished.usage.output_tokens == 5
    assert text_of(events) == stub.exchanges[0].text


async def test_without_figures_the_usage_is_counted_and_marked() -> None:
    async with working(Play(tokens=5, usage=False, reasoning=("hm",))) as (agent, _):
        events, _ = await hear(agent, request())
    finished = events[-1]
    assert isinstance(finished, CallFinished)
    usage = finished.usage
    assert (usage.source, usage.input_tokens) == (UsageSource.ESTIMATED, 11)
    assert usage.reasoning_tokens == count_text("hm")
    assert usage.output_tokens == count_text(text_of(events)) + usage.reasoning_tokens


async def test_a_failed_call_is_finished_with_what_was_delivered_and_then_raised() -> None:
    async with working(Play(cut=3)) as (agent, _):
        events, error = await hear(agent, request())
    assert isinstance(error, ProviderError)
    finished = events[-1]
    assert isinstance(finished, CallFinished)
    assert finished.outcome is CallOutcome.FAILED
    assert (finished.usage.input_tokens, finished.usage.source) == (11, UsageSource.ESTIMATED)
    assert finished.usage.output_tokens == count_text("The meter runs")


async def test_a_refused_call_has_used_nothing() -> None:
    async with working(Play(status=500)) as (agent, _):
        events, error = await hear(agent, request())
    assert isinstance(error, ProviderError)
    finished = events[-1]
    assert isinstance(finished, CallFinished)
    assert (finished.usage.input_tokens, finished.usage.output_tokens) == (0, 0)


async def test_closing_the_run_closes_the_providers_connection() -> None:
    async with working(Play(tokens=1000, gap=0.01)) as (agent, stub):
        async with aclosing(agent.run(request())) as run:
            async for event in run:
                if isinstance(event, TextDelta):
                    break
        await stub.exchanges[0].client_left()
        assert stub.exchanges[0].tokens_sent < 100


async def test_an_unknown_model_is_refused_before_any_call() -> None:
    async with working() as (agent, stub):
        events, error = await hear(agent, request("openai/nothing"))
    assert isinstance(error, ModelUnavailable)
    assert events == []
    assert stub.exchanges == []


async def test_the_demo_answers_as_any_provider_does() -> None:
    async with working() as (agent, _):
        events, error = await hear(agent, request("demo/causerie-demo", "a table"))
    assert error is None
    finished = events[-1]
    assert isinstance(finished, CallFinished)
    assert finished.usage.output_tokens == count_text(text_of(events))
