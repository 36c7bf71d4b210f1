"""Directives are understood wherever they stand, and a dialogue with tools is read to its end."""

from typing import Any

import pytest

from agents.providers.base import TextRequest
from agents.providers.demo_asked import DIRECTIVE, DIRECTIVES, LONG_MAX, WRONG, Asked, look_at
from server.domain.content import ChatMessage, Params, Role, ToolCall, ToolSpec

CLOCK = ToolSpec(name="current_time", description="", parameters={})


def said(text: str) -> ChatMessage:
    return ChatMessage(role=Role.USER, text=text)


def look(*messages: ChatMessage, **fields: Any) -> Asked:
    return look_at(
        TextRequest(
            model="x",
            messages=messages,
            instructions="",
            params=Params(),
            correlation_id="c",
            **fields,
        )
    )


@pytest.mark.parametrize("directive", [directive for directive, _ in DIRECTIVES])
def test_every_directive_that_people_are_told_of_is_understood(directive: str) -> None:
    """One that is not understood would be taken for a part of the question."""
    assert DIRECTIVE.fullmatch(directive)


def test_several_directives_are_taken_out_of_the_question() -> None:
    asked = look(said("One [demo: fast]two[demo: fail after 7] [demo: long 99999]"))
    assert asked.question == "One two"
    assert (asked.is_fast, asked.fail_after, asked.long) == (True, 7, LONG_MAX)


def test_without_a_message_nothing_is_asked() -> None:
    assert look() == Asked(question="")


def test_a_tool_is_asked_only_if_it_is_offered_and_until_it_has_answered() -> None:
    question = said("When? [demo: tool current_time 2] [demo: tool other]")
    assert look(question).tools == ()
    assert look(question, tools=(CLOCK,)).tools == ("current_time",)
    call = ToolCall(id="1", name="current_time", arguments="{}")
    asks = ChatMessage(role=Role.ASSISTANT, text="", tool_calls=(call,))
    tells = ChatMessage(role=Role.TOOL, text="noon", tool_call_id="1")
    once = look(question, asks, tells, tools=(CLOCK,))
    assert (once.tools, once.told) == (("current_time",), (("current_time", "noon"),))
    twice = look(question, asks, tells, asks, tells, tools=(CLOCK,))
    assert (twice.tools, len(twice.told)) == ((), 2)
    later = look(question, asks, tells, said("And now?"), tools=(CLOCK,))
    assert (later.tools, later.told) == ((), ())


def test_it_is_wrong_as_often_as_it_was_asked_to_be() -> None:
    question, wrong = said("JSON [demo: wrong 2]"), ChatMessage(role=Role.ASSISTANT, text=WRONG)
    assert look(question).is_wrong
    corrected = look(question, wrong, said("No."))
    assert (corrected.question, corrected.is_wrong) == ("JSON", True)
    assert not look(question, wrong, said("No."), wrong, said("Still no.")).is_wrong
    assert not look(said("JSON")).is_wrong
