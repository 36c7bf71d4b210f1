"""Running the tools that a model asked for: at once, within a deadline, whatever it wrote.

Nothing here fails a turn. What goes wrong is told to the model, in a sentence.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from anyio import create_task_group, current_time, fail_after
from msgspec import Struct, structs

from agents.events import Notice
from agents.schemas.typed import parameters_of
from agents.schemas.validation import cleaned, compact, parse
from agents.tools.base import Tool, ToolContext
from server.domain.content import ToolCall, ToolSpec
from server.domain.errors import AppError
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

TOOL_S = 10.0
"""How long one tool may take: as long as people wait for a word without wondering."""

ARGUMENTS_CHARACTERS = 16 * 1024
RESULT_CHARACTERS = 8_000
"""Of what a tool answers: about 2 000 tokens, which later rounds read again and pay for again."""

TOLD_CHARACTERS = 300
"""Of arguments, results and what was wrong, where clients and models are told of them."""

NAME_CHARACTERS = 64


class Answered(Struct, frozen=True, kw_only=True):
    """What a tool said, or why it could not. The arguments of ``call`` are a JSON object now,
    whatever the model wrote: providers read them again."""

    call: ToolCall
    text: str
    is_ok: bool
    duration_ms: int


class _Wrong(Exception):
    """The model asked in a way that cannot be answered. Its text says why."""


def spec(tool: Tool) -> ToolSpec:
    return ToolSpec(
        name=tool.name, description=tool.description, parameters=parameters_of(tool.parameters)
    )


async def run_all(
    calls: Sequence[ToolCall], tools: Mapping[str, Tool], context: ToolContext
) -> list[Answered]:
    """Answers in the order of ``calls``; all tools run at the same time."""
    answers: dict[int, Answered] = {}

    async def run(index: int, call: ToolCall) -> None:
        answers[index] = await _run(call, tools, context)

    async with create_task_group() as tasks:
        for index, call in enumerate(calls):
            tasks.start_soon(run, index, call)
    return [answers[index] for index in range(len(calls))]


def called(call: ToolCall) -> Notice:
    """Tells the client that a tool is being asked."""
    return Notice(
        kind="tool",
        detail={**_which(call), "state": "called", "arguments": _shorten(call.arguments)},
    )


def answered(answer: Answered) -> Notice:
    """Tells the client what a tool said."""
    return Notice(
        kind="tool",
        detail={
            **_which(answer.call),
            "state": "answered",
            "ok": answer.is_ok,
            "durationMs": answer.duration_ms,
            "result": _shorten(answer.text),
        },
    )


async def _run(call: ToolCall, tools: Mapping[str, Tool], context: ToolContext) -> Answered:
    began, is_ok, written = current_time(), False, "{}"
    try:
        value = _parse(call.arguments)
        written = compact(value)
        tool = _named(call.name, tools)
        arguments = _convert(value, tool)
        with fail_after(TOOL_S):
            text = await tool.run(arguments, context)
        is_ok = True
    except _Wrong as error:
        text = str(error)
    except AppError as error:
        text = error.message
    except TimeoutError:
        text = f"The tool took longer than {TOOL_S:g} seconds."
    except Exception:
        # A tool may call anything; its failure is one more answer, and ours to look at.
        log.exception("tool.failed", extra=fields(tool=_shorten(call.name, NAME_CHARACTERS)))
        text = "The tool failed."
    return Answered(
        call=structs.replace(call, arguments=written),
        text=_shorten(text, RESULT_CHARACTERS if is_ok else TOLD_CHARACTERS) or "(nothing)",
        is_ok=is_ok,
        duration_ms=int((current_time() - began) * 1000),
    )


def _named(name: str, tools: Mapping[str, Tool]) -> Tool:
    tool = tools.get(name)
    if tool is None:
        raise _Wrong(f"There is no tool {_shorten(name, NAME_CHARACTERS)!r} here.")
    return tool


def _parse(arguments: str) -> dict[str, Any]:
    """Models leave arguments empty where there are none to give."""
    if len(arguments) > ARGUMENTS_CHARACTERS:
        raise _Wrong("The arguments are too long.")
    try:
        value = parse(arguments) if arguments.strip() else {}
    except ValueError as error:
        raise _Wrong(f"The arguments are wrong. {error}") from None
    if not isinstance(value, dict):
        raise _Wrong("The arguments are wrong: they must be a JSON object.")
    return value


def _convert(value: dict[str, Any], tool: Tool) -> Any:
    try:
        return msgspec.convert(value, tool.parameters)
    except msgspec.ValidationError as error:  # its text names the path
        raise _Wrong(f"The arguments are wrong: {error}.") from None


def _which(call: ToolCall) -> dict[str, Any]:
    return {
        "callId": _shorten(call.id, NAME_CHARACTERS),
        "name": _shorten(call.name, NAME_CHARACTERS),
    }


def _shorten(text: str, limit: int = TOLD_CHARACTERS) -> str:
    shown: str = cleaned(text if len(text) <= limit else text[: limit - 1] + "…")
    return shown
