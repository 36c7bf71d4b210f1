"""Fits a dialogue into a model's window, oldest out first, without touching what stays."""

from collections.abc import Callable

from msgspec import Struct

from agents.tokens import MESSAGE_TOKENS, REPLY_TOKENS, TOOL_TOKENS
from server.domain.content import ChatMessage, Image, Role
from server.domain.errors import Invalid

CHUNKS = 4
"""The room for messages is dropped by the quarter. Vendors bill a prompt that begins like the one
before at a tenth: dropping one message a turn would change the beginning every time, by quarters it
stays for many turns."""

SUMMARY_TOKENS = 1_024
"""That a summary of what was dropped should have at most, by the counter of whoever makes it."""

SUMMARY_ROOM = 1_536
"""Kept free for it once something is dropped, whether there is one yet or not: where the cut is
must not depend on that. Another model may count half as many tokens more."""

SUMMARY_HEADING = "Earlier parts of this conversation, summarised:"


class Fitted(Struct, frozen=True, kw_only=True):
    """The messages that fit, newest last; ``dropped`` counts those left out, all of them oldest.
    ``instructions`` are those given, with the summary behind them where it is used."""

    messages: tuple[ChatMessage, ...]
    input_tokens: int
    dropped: int
    instructions: str = ""


def fit(
    instructions: str,
    messages: tuple[ChatMessage, ...],
    *,
    window_tokens: int,
    reserve_output: int,
    count: Callable[[str], int],
    count_image: Callable[[Image], int] = lambda image: 0,
    summary: Callable[[int], str | None] = lambda dropped: None,
    path: str = "$.text",
) -> Fitted:
    """The newest part of ``messages`` that leaves ``reserve_output`` tokens of the window free.

    Stateless, and yet the same beginning turn after turn: what is dropped depends on how far each
    message stands from the first, so give the whole branch, not its last page. What is left begins
    with something the user said, unless only the newest message is left. ``summary`` answers
    what so many oldest messages said, if that is known: it is left out where it does not fit.

    Raises:
        Invalid: the newest message with the instructions is too long by itself; ``path`` is where
            it came from.
    """
    costs = [message_tokens(message, count, count_image) for message in messages]
    fixed = _fixed(instructions, count)
    room = window_tokens - reserve_output - fixed
    newest = costs[-1] if costs else 0
    if newest > room:
        raise Invalid(
            f"The message is too long for this model: about {newest} tokens, room for"
            f" {max(room, 0)}.",
            path=path,
            metadata={"inputTokens": newest, "limit": max(room, 0), "windowTokens": window_tokens},
        )
    first = _first_kept(messages, costs, room)
    kept = sum(costs[first:])
    summed_up = summary(first)
    if summed_up:
        behind = f"{SUMMARY_HEADING}\n{summed_up}"
        told = f"{instructions}\n\n{behind}" if instructions else behind
        with_summary = _fixed(told, count)
        if with_summary + kept <= window_tokens - reserve_output:
            instructions, fixed = told, with_summary
    return Fitted(
        messages=messages[first:],
        input_tokens=fixed + kept,
        dropped=first,
        instructions=instructions,
    )


def message_tokens(
    message: ChatMessage, count: Callable[[str], int], count_image: Callable[[Image], int]
) -> int:
    """What one message takes, with its pictures and the tools that it asks for."""
    tokens = MESSAGE_TOKENS + count(message.text)
    # Nearly all have neither, and a dialogue has thousands.
    for image in message.images:
        tokens += count_image(image)
    for call in message.tool_calls:
        tokens += TOOL_TOKENS + count(call.name) + count(call.arguments)
    return tokens


def _fixed(instructions: str, count: Callable[[str], int]) -> int:
    return REPLY_TOKENS + (MESSAGE_TOKENS + count(instructions) if instructions else 0)


def _first_kept(messages: tuple[ChatMessage, ...], costs: list[int], room: int) -> int:
    if sum(costs) <= room:
        return 0
    room = max(room - min(SUMMARY_ROOM, room // 8), 1)
    chunk = max(room // CHUNKS, 1)
    to_drop = -(-(sum(costs) - room) // chunk) * chunk
    before, last = 0, len(messages) - 1
    for at, message in enumerate(messages[:last]):
        if before >= to_drop and message.role is Role.USER:
            return at
        before += costs[at]
    return last
