"""The loop ends: with an answer, with the last round, with what may be paid or what fits."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from msgspec import Struct

from agents.events import AgentEvent, CallFinished, Notice, TextDelta
from agents.loop import CALLS_MAX, NO_MORE, ROUNDS, ToolLoop
from agents.tokens import count_prompt
from agents.tools.base import Tool, ToolContext
from agents.tools.clock import ClockTool
from agents.tools.running import RESULT_CHARACTERS
from server.domain.clock import utc_now
from server.domain.content import ChatMessage, Role
from server.domain.errors import ProviderError
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome
from tests.agents.desk import (
    DEMO,
    STUB,
    Desk,
    desk,
    finished,
    hear,
    notices,
    request,
    started,
    text_of,
)
from tests.support.eventually import eventually
from tests.support.providers.plays import Call, Play

WINDOW = 32_768


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No arguments."""


class Talker:
    """A tool that says much."""

    name = "talker"
    description = "Says much."
    parameters = Nothing

    async def run(self, arguments: Any, context: ToolContext) -> str:
        return "much " * RESULT_CHARACTERS


def answer(
    at: Desk,
    question: str,
    tools: Sequence[Tool] = (ClockTool(),),
    window_tokens: int = WINDOW,
    **params: Any,
) -> AsyncGenerator[AgentEvent, None]:
    return ToolLoop(at.caller, utc_now).call(
        "assistant",
        (DEMO,),
        request(question, **params),
        100,
        tools=tools,
        window_tokens=window_tokens,
    )


def of(events: list[AgentEvent], state: str) -> list[dict[str, Any]]:
    return [detail for detail in notices(events) if detail["state"] == state]


async def test_a_tool_is_asked_and_the_answer_follows() -> None:
    async with desk() as at:
        events, error = await hear(answer(at, "When? [demo: tool current_time]"))
    assert error is None
    assert [call.finish_reason for call in finished(events)] == [
        FinishReason.TOOL_CALLS,
        FinishReason.STOP,
    ]
    (called,), (answered,) = of(events, "called"), of(events, "answered")
    assert (called["name"], called["arguments"]) == ("current_time", "{}")
    assert (answered["callId"], answered["ok"]) == (called["callId"], True)
    assert str(utc_now().year) in answered["result"]
    assert str(utc_now().year) in text_of(events)
    kinds = [type(event) for event in events]
    assert kinds.index(CallFinished) < kinds.index(Notice) < kinds.index(TextDelta)


async def test_later_rounds_count_what_was_added() -> None:
    async with desk() as at:
        events, _ = await hear(answer(at, "When? [demo: tool current_time]"))
    first, second = started(events)
    (asked,) = finished(events)[0].tool_calls
    reply = ChatMessage(role=Role.TOOL, text=of(events, "answered")[0]["result"])
    question = ChatMessage(role=Role.ASSISTANT, text="", tool_calls=(asked,))
    assert second.input_tokens - first.input_tokens == pytest.approx(
        count_prompt("", [question, reply]), abs=5
    )


async def test_without_tools_it_is_one_call() -> None:
    async with desk() as at:
        events, _ = await hear(answer(at, "When? [demo: tool current_time]", tools=()))
    assert len(finished(events)) == 1
    assert notices(events) == []


async def test_who_asks_without_end_answers_in_the_end() -> None:
    async with desk() as at:
        events, error = await hear(answer(at, "When? [demo: tool current_time 99]"))
    assert error is None
    assert len(of(events, "answered")) == ROUNDS
    reasons = [call.finish_reason for call in finished(events)]
    assert reasons == [FinishReason.TOOL_CALLS] * ROUNDS + [FinishReason.STOP]
    assert text_of(events) != ""


async def test_the_output_goes_for_all_rounds_together() -> None:
    async with desk() as at:
        question = "When? [demo: tool current_time 99]"
        events, error = await hear(answer(at, question, max_output_tokens=5))
    assert error is None
    assert sum(call.usage.output_tokens for call in finished(events)) <= 5
    assert finished(events)[-1].finish_reason is FinishReason.LENGTH


async def test_answers_of_tools_are_cut_to_what_the_window_takes() -> None:
    window = 2_000
    async with desk() as at:
        question = "Talk. [demo: tool talker 3]"
        events, error = await hear(answer(at, question, (Talker(),), window))
    assert error is None
    assert max(call.input_tokens for call in started(events)) < window
    assert text_of(events).count("much ") > 100


async def test_a_provider_that_fails_in_the_second_round_fails_the_turn() -> None:
    async with desk() as at:
        question = "When? [demo: tool current_time] [demo: fail after 4]"
        events, error = await hear(answer(at, question))
    assert isinstance(error, ProviderError)
    assert finished(events)[-1].outcome is CallOutcome.FAILED


async def test_closing_it_ends_the_tools() -> None:
    class Sleeper(Talker):
        is_open = False

        async def run(self, arguments: Any, context: ToolContext) -> str:
            self.is_open = True
            try:
                await asyncio.Event().wait()
            finally:
                self.is_open = False
            return ""

    tool = Sleeper()
    async with desk() as at:
        run = asyncio.create_task(hear(answer(at, "x [demo: tool talker]", (tool,))))
        await eventually(lambda: tool.is_open)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    assert not tool.is_open


async def test_what_is_said_before_a_tool_is_asked_stays_in_the_answer() -> None:
    asks = Play(deltas=("Let me ", "see."), calls=(Call("current_time"), Call("fly", id="two")))
    async with desk(asks, Play(deltas=("It is late.",))) as at:
        run = ToolLoop(at.caller, utc_now).call(
            "assistant",
            (STUB,),
            request("When?"),
            100,
            tools=(ClockTool(),),
            window_tokens=WINDOW,
        )
        events, error = await hear(run)
        again = at.stub.exchanges[1].body["messages"]
    assert error is None
    assert text_of(events) == "Let me see.\n\nIt is late."
    assert [answered["ok"] for answered in of(events, "answered")] == [True, False]
    spoke, told, refused = again[-3:]
    assert (spoke["content"], len(spoke["tool_calls"])) == ("Let me see.", 2)
    assert str(utc_now().year) in told["content"]
    assert refused == {
        "role": "tool",
        "tool_call_id": "two",
        "content": "There is no tool 'fly' here.",
    }


async def test_more_tools_at_once_than_are_run_are_as_if_not_asked() -> None:
    calls = tuple(Call("current_time", id=f"c{number}") for number in range(CALLS_MAX + 5))
    async with desk(Play(deltas=(), calls=calls), Play(deltas=("Done.",))) as at:
        run = ToolLoop(at.caller, utc_now).call(
            "assistant", (STUB,), request("x"), 9, tools=(ClockTool(),), window_tokens=WINDOW
        )
        events, error = await hear(run)
        assert len(at.stub.exchanges[1].body["messages"][2]["tool_calls"]) == CALLS_MAX
    assert error is None
    assert len(of(events, "answered")) == CALLS_MAX


async def test_a_model_that_asks_for_what_it_cannot_have_ends_so() -> None:
    asks = Play(deltas=("Hm.",), calls=(Call("current_time"),))
    async with desk(*[asks] * (ROUNDS + 1)) as at:
        run = ToolLoop(at.caller, utc_now).call(
            "assistant", (STUB,), request("x"), 9, tools=(ClockTool(),), window_tokens=WINDOW
        )
        events, error = await hear(run)
        last = at.stub.exchanges[-1].body
    assert error is None
    assert finished(events)[-1].finish_reason is FinishReason.TOOL_CALLS
    assert "tools" not in last
    assert [message["role"] for message in last["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]
    assert last["messages"][-1]["content"].endswith(NO_MORE)
