"""Dialogues that were read lately: the next turn of one reads only what has been said since.

A message never changes once it is stored, and neither does what leads to it. So what was read down
to one message is the beginning of every branch that goes on below it, and a turn after a thousand
messages reads two.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from uuid import UUID

from msgspec import Struct

from agents.providers.registry import ModelInfo
from server.persistence import messages
from server.persistence.database import Snapshot
from server.persistence.messages import Branch, Said

HISTORY_CHARACTERS_PER_TOKEN = 6
"""More than any language's average: a full window's worth of history is read, and no more."""

HISTORY_MESSAGES = 2_000

CHARACTERS = 8_000_000
"""Of all that is kept: 8 to 32 MB a process, some twenty of the longest dialogues."""

LEAST = 16
"""Messages. Shorter dialogues are read as fast as a single message."""

KEPT_S = 600.0
"""Somebody who has not gone on by then reads something else. What is older goes when the next turn
reads a dialogue."""


def history_characters(model: ModelInfo) -> int:
    """How much of a branch is read for that model."""
    return model.context_tokens * HISTORY_CHARACTERS_PER_TOKEN


class _Kept(Struct, frozen=True, kw_only=True):
    """``said`` is everything from the conversation's beginning down to ``leaf``; ``size`` its
    characters."""

    leaf: UUID
    said: list[Said]
    size: int
    at: float


class Dialogues:
    """Of each conversation the branch that was read last. ``now``: a monotonic clock, seconds."""

    def __init__(self, now: Callable[[], float], *, characters: int = CHARACTERS) -> None:
        self._now = now
        self._characters = characters
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()
        self._size = 0

    async def read(
        self, tx: Snapshot, conversation: UUID, leaf: UUID, *, characters: int, most: int
    ) -> list[Said]:
        """What ``messages.branch`` would answer, at most ``most`` of them. The list is the
        caller's own."""
        kept = self._kept.get(conversation)
        if kept is not None and kept.leaf == leaf:
            branch = Branch(said=[], above=leaf)
        else:
            known = None if kept is None else kept.leaf
            branch = await messages.branch(
                tx, leaf, characters=characters, messages=most, known=known
            )
        said, size = branch.said, _size(branch.said)
        is_whole = branch.above is None
        if kept is not None and branch.above == kept.leaf:
            said, size, is_whole = [*kept.said, *said], kept.size + size, True
            if size >= characters or len(said) > most:
                # Where it is too long to be read whole it is not read on: how much is left out at
                # its beginning must be the same to everybody who counts it.
                branch = await messages.branch(tx, leaf, characters=characters, messages=most)
                said, is_whole = branch.said, False
        self._drop(conversation)
        if is_whole and len(said) >= LEAST:
            self._kept[conversation] = _Kept(leaf=leaf, said=said, size=size, at=self._now())
            self._size += size
        self._make_room()
        return list(said)

    def _make_room(self) -> None:
        too_old = self._now() - KEPT_S
        while self._kept:
            oldest = next(iter(self._kept))
            if self._size <= self._characters and self._kept[oldest].at > too_old:
                return
            self._drop(oldest)

    def _drop(self, conversation: UUID) -> None:
        kept = self._kept.pop(conversation, None)
        if kept is not None:
            self._size -= kept.size


def _size(said: Sequence[Said]) -> int:
    return sum(len(one.text) for one in said)
