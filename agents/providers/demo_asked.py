"""What is asked of the demo model: the question, directives in it, tools and corrections so far."""

import re

from msgspec import Struct

from agents.providers.base import TextRequest
from server.domain.content import ChatMessage, Role

DIRECTIVES = (
    ("[demo: fast]", "answers at once"),
    ("[demo: slow]", "four tokens a second"),
    ("[demo: long 5000]", "an answer of 5000 tokens"),
    ("[demo: fail]", "fails before the first word"),
    ("[demo: fail after 20]", "fails after 20 tokens"),
    ("[demo: busy]", "refuses, as a provider does that has too many requests"),
    ("[demo: cut after 20]", "ends after 20 tokens without saying that it ended"),
    ("[demo: tool current_time]", "asks that tool, if it is offered, and tells what it said"),
    ("[demo: tool current_time 3]", "asks it three times, one after the other"),
    ("[demo: wrong]", "where JSON is wanted: says none first, and is corrected"),
    ("[demo: wrong 2]", "says none twice: then the answer fails"),
)
"""What may be written into a message, and what it does. Several may be combined."""

DIRECTIVE = re.compile(
    r"\[demo:\s*(?:(fast|slow|long|fail|busy|cut|wrong)(?:\s+(?:after\s+)?(\d{1,6}))?"
    r"|tool\s+([a-z_]{1,64})(?:\s+(\d{1,6}))?)\s*\]"
)

LONG_MAX = 50_000
"""Tokens of the longest answer that may be asked for."""

WRONG = "This is no JSON: the demo model was asked to be wrong."


class Asked(Struct, frozen=True, kw_only=True):
    """``tools``: names of those to be asked now; ``told``: what tools have said, with the names of
    those who said it."""

    question: str
    is_fast: bool = False
    is_slow: bool = False
    is_busy: bool = False
    is_wrong: bool = False
    long: int | None = None
    fail_after: int | None = None
    cut_after: int | None = None
    tools: tuple[str, ...] = ()
    told: tuple[tuple[str, str], ...] = ()


def look_at(request: TextRequest) -> Asked:
    before, corrections = _uncorrected(request.messages)
    at = max((i for i, message in enumerate(before) if message.role is Role.USER), default=0)
    question = before[at].text if before else ""
    words: dict[str, int | None] = {}
    tools: dict[str, int] = {}
    for word, number, tool, times in DIRECTIVE.findall(question):
        if tool:
            tools[tool] = int(times or 1)
        else:
            words[word] = int(number) if number else None
    rounds = sum(1 for message in before[at:] if message.tool_calls)
    offered = {tool.name for tool in request.tools}
    return Asked(
        question=DIRECTIVE.sub("", question).strip(),
        is_fast="fast" in words,
        is_slow="slow" in words,
        is_busy="busy" in words,
        is_wrong="wrong" in words and corrections < (words["wrong"] or 1),
        long=min(words["long"] or 2000, LONG_MAX) if "long" in words else None,
        fail_after=words["fail"] or 0 if "fail" in words else None,
        cut_after=words["cut"] or 0 if "cut" in words else None,
        tools=tuple(name for name, times in tools.items() if rounds < times and name in offered),
        told=_told(before[at:]),
    )


def _uncorrected(messages: tuple[ChatMessage, ...]) -> tuple[tuple[ChatMessage, ...], int]:
    """The dialogue up to the question that was answered wrongly, and how often that was said."""
    corrections = 0
    while len(messages) > 2 and messages[-2].text == WRONG:
        messages, corrections = messages[:-2], corrections + 1
    return messages, corrections


def _told(messages: tuple[ChatMessage, ...]) -> tuple[tuple[str, str], ...]:
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    return tuple(
        (names.get(message.tool_call_id or "", "tool"), message.text)
        for message in messages
        if message.role is Role.TOOL
    )
