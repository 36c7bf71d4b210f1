"""Tokens counted without a vendor's tokenizer: for holds, and for calls that end without figures.

The pieces below are cut a little finer than the vocabularies of large vendors cut, so that a hold
covers what the provider will report. Measured against OpenAI's o200k, on prose, code and data:
German, JSON and numbers 0.95 of its count; Chinese, Japanese and Thai 1.1 to 1.2; English, French
and code 1.2 to 1.35; Hindi, Arabic, Korean, emoji and Russian 1.5 to 2. Random letters (hashes,
base64) are the exception: there it counts up to twice what is counted here.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from server.domain.content import ChatMessage, OutputSchema, ToolSpec

MESSAGE_TOKENS = 4
"""What the wire adds to each message (its role and its limits), by OpenAI's own account."""

CHARACTER_TOKENS = 3
"""Of one character at most: one beyond the basic plane. One of ASCII is never more than one."""

REPLY_TOKENS = 3
"""What opens the answer, likewise."""

TOOL_TOKENS = 8
"""What frames a tool, or the asking for one, in the prompts of those vendors that show theirs."""

PIECE = re.compile(
    r" ?[A-Za-z]{1,6}"  # words: short ones are one token, a leading space is part of it
    r"|[0-9]{1,3}"  # numbers go by three digits
    r"|[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]"  # Chinese, Japanese, Korean
    r"|[\U00010000-\U0010ffff]"  # emoji and rare scripts; weighed below
    r"|\n[\n \t]*|[ \t\r\f\v]+(?=\s|$)|\s"  # a line's end takes the indentation with it
    r"|[!-/:-@\[-`{-~]{1,2}"  # runs of ASCII punctuation
    r"| ?[\u0370-\u052f\u0900-\u0dff]{1,3}"  # Greek, Cyrillic, the scripts of India
    r"| ?[^\s!-~\u0370-\u052f\u0900-\u0dff\u2e80-\u9fff\uac00-\ud7ff\uf900-\uffef"
    r"\U00010000-\U0010ffff]{1,2}"  # letters with accents, all other scripts
    r"|.",
    re.DOTALL,
)
"""One piece is one token. A text cut behind a piece has the pieces before it as they were."""

_HEAVY = re.compile(r"[\U00010000-\U0010ffff]")
"""Characters beyond the basic plane cost two tokens more than their one piece."""


def count_text(text: str) -> int:
    """Tokens of ``text``, estimated without calling anybody."""
    count = len(PIECE.findall(text))
    return count if text.isascii() else count + 2 * len(_HEAVY.findall(text))


def count_prompt(instructions: str, messages: Iterable[ChatMessage]) -> int:
    """Input tokens of a request: every message with what the wire adds to it."""
    count = REPLY_TOKENS
    if instructions:
        count += MESSAGE_TOKENS + count_text(instructions)
    for message in messages:
        count += MESSAGE_TOKENS + count_text(message.text)
        for call in message.tool_calls:
            count += TOOL_TOKENS + count_text(call.name) + count_text(call.arguments)
    return count


def count_extras(tools: Iterable[ToolSpec], output: OutputSchema | None) -> int:
    """Input tokens of what goes along with a prompt: vendors write it into the prompt, as JSON."""
    count = 0 if output is None else TOOL_TOKENS + count_text(_json(output.schema))
    for tool in tools:
        count += TOOL_TOKENS + count_text(tool.name) + count_text(tool.description)
        count += count_text(_json(tool.parameters))
    return count


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
