"""Fits a dialogue into a model's window, oldest out first, without touching what stays."""

from collections.abc import Callable

from msgspec import Struct

from agents.tokens import MESSAGE_TOKENS, REPLY_TOKENS
from server.domain.content import ChatMessage, Image, Role
from server.domain.errors import Invalid

CHUNKS = 4
"""The room for messages is dropped by the quarter. Vendors bill a prompt that begins like the one
before at a tenth: dropping one message a turn would change the beginning every time, by quarters it
stays for many turns."""


class Fitted(Struct, frozen=True, kw_only=True):
    """The messages that fit, newest last; ``dropped`` counts those left out, all of them oldest."""

    messages: tuple[ChatMessage, ...]
    input_tokens: int
    dropped: int


def fit(
    instructions: str,
    messages: tuple[ChatMessage, ...],
    *,
    window_tokens: int,
    reserve_output: int,
    count: Callable[[str], int],
    count_image: Callable[[Image], int] = lambda image: 0,
    path: str = "$.text",
) -> Fitted:
    """The newest part of ``messages`` that leaves ``reserve_output`` tokens of the window free.

    Stateless, and yet the same beginning turn after turn: what is dropped depends on how far each
    message stands from the first, so give the whole branch, not its last page. What is left begins
    with something the user said, unless only the newest message is left.

    Raises:
        Invalid: the newest message with the instructions is too long by itself; ``path`` is where
            it came from.
    """
    costs = [
        MESSAGE_TOKENS + count(message.text) + sum(map(count_image, message.images))
        for message in messages
    ]
    fixed = REPLY_TOKENS + (MESSAGE_TOKENS + count(instructions) if instructions else 0)
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
    return Fitted(messages=messages[first:], input_tokens=fixed + sum(costs[first:]), dropped=first)


def _first_kept(messages: tuple[ChatMessage, ...], costs: list[int], room: int) -> int:
    excess = sum(costs) - room
    if excess <= 0:
        return 0
    chunk = max(room // CHUNKS, 1)
    to_drop = -(-excess // chunk) * chunk
    before, last = 0, len(messages) - 1
    for at, message in enumerate(messages[:last]):
        if before >= to_drop and message.role is Role.USER:
            return at
        before += costs[at]
    return last
