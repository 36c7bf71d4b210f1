"""Tools run at once and within their time; whatever a model writes, it gets an answer."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from anyio import current_time
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, json

from agents.tools import running
from agents.tools.base import Tool, ToolContext
from agents.tools.clock import ClockTool
from agents.tools.running import RESULT_CHARACTERS, TOLD_CHARACTERS, Answered, run_all
from server.domain.content import ToolCall
from server.domain.errors import NotFound

CONTEXT = ToolContext(now=datetime(2026, 11, 21, 12, tzinfo=UTC), correlation_id="c")


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No arguments."""


class Habit:
    """A tool that waits, says something, or fails."""

    description = "Does what it does."
    parameters = Nothing

    def __init__(self, name: str, does: str | BaseException | float) -> None:
        self.name = name
        self._does = does

    async def run(self, arguments: Any, context: ToolContext) -> str:
        if isinstance(self._does, float):
            await asyncio.sleep(self._does)
            return f"waited {self._does}"
        if isinstance(self._does, str):
            return self._does
        raise self._does


def call(name: str, arguments: str = "{}", id: str = "1") -> ToolCall:
    return ToolCall(id=id, name=name, arguments=arguments)


async def ran(tool: Tool, arguments: str = "{}", name: str | None = None) -> Answered:
    (answer,) = await run_all([call(name or tool.name, arguments)], {tool.name: tool}, CONTEXT)
    return answer


async def test_tools_run_at_once_and_answer_in_their_order() -> None:
    slow, quick = Habit("slow", 0.2), Habit("quick", 0.1)
    before = current_time()
    answers = await run_all(
        [call("slow"), call("quick"), call("slow", id="3")],
        {"slow": slow, "quick": quick},
        CONTEXT,
    )
    assert [answer.text for answer in answers] == ["waited 0.2", "waited 0.1", "waited 0.2"]
    assert all(answer.is_ok for answer in answers)
    assert answers[0].duration_ms >= 200
    assert current_time() - before < 0.5  # one after the other they would wait that long


async def test_a_tool_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TOOL_S", 0.05)
    answer = await ran(Habit("slow", 60.0))
    assert (answer.is_ok, answer.text) == (False, "The tool took longer than 0.05 seconds.")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotFound("There is no such thing."), "There is no such thing."),
        (RuntimeError("a secret"), "The tool failed."),
    ],
)
async def test_a_tool_that_fails_is_told_to_the_model_alone(error: Exception, told: str) -> None:
    answer = await ran(Habit("broken", error))
    assert (answer.is_ok, answer.text) == (False, told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('{"zone": 7}', "$.zone"),
        ('{"day": "yesterday"}', "$.day"),
        ('{"odd": 1}', "odd"),
        ("[]", "JSON object"),
        ("null", "JSON object"),
        ('"Europe/Paris"', "JSON object"),
        ("NaN", "no JSON"),
        ('{"zone": NaN}', "no JSON"),
        ("not json", "no JSON"),
        ("[" * 50_000, "too long"),
        ('{"zone":' + "[" * 5_000, "deep"),
        ('{"zone": "Europe/Nowhere"}', "no time zone"),
    ],
    ids=lambda value: value[:20],
)
async def test_wrong_arguments_are_answered_with_what_is_wrong(arguments: str, told: str) -> None:
    answer = await ran(ClockTool(), arguments)
    assert not answer.is_ok
    assert told in answer.text
    assert len(answer.text) <= TOLD_CHARACTERS
    assert isinstance(json.decode(answer.call.arguments), dict)


async def test_no_arguments_are_none() -> None:
    answer = await ran(ClockTool(), " ")
    assert (answer.is_ok, answer.call.arguments) == (True, "{}")


async def test_a_tool_that_is_not_there_is_said_to_be_none() -> None:
    answer = await ran(ClockTool(), name="x" * 1_000)
    assert not answer.is_ok
    assert answer.text.startswith("There is no tool 'xxx")
    assert len(answer.text) < 100


async def test_a_long_answer_is_cut_and_an_empty_one_is_said_to_be() -> None:
    assert len((await ran(Habit("long", "y" * 100_000))).text) == RESULT_CHARACTERS
    assert (await ran(Habit("empty", ""))).text == "(nothing)"


async def test_clients_are_told_in_short() -> None:
    asked = call("clock" * 100, '{"a": "' + "z" * 1_000 + '"}', "i" * 1_000)
    told = running.called(asked)
    assert (told.kind, told.detail["state"]) == ("tool", "called")
    assert len(json.encode(told.detail)) < 1_000
    answer = Answered(call=asked, text="\ud800" + "r" * 9_000, is_ok=True, duration_ms=7)
    detail = running.answered(answer).detail
    assert len(json.encode(detail)) < 1_000
    assert (detail["state"], detail["ok"], detail["durationMs"]) == ("answered", True, 7)


@given(st.text(), st.text())
async def test_nothing_that_a_model_writes_breaks_it(name: str, arguments: str) -> None:
    tool = ClockTool()
    for wanted in (name, tool.name):
        (answer,) = await run_all([call(wanted, arguments)], {tool.name: tool}, CONTEXT)
        assert isinstance(json.decode(answer.call.arguments), dict)
        json.encode(running.called(answer.call).detail)
        json.encode(running.answered(answer).detail)
