"""The conversations that a session follows, and which of their turns are news to it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from server.domain.ids import TurnId
from server.sockets.sendqueue import SendQueue
from server.turns.feed import TurnFeed

JOIN_AGAIN_S = 1.0
"""Between two attempts while the database, which knows where a turn is, does not answer."""

REMEMBERED = 1_000
"""Turns that a session has heard of and that are no news any more, the last so many of them."""


class Subscriptions:
    """``join`` is called with each turn that started in a conversation and is not followed yet, and
    once: the same turn may be announced by the process that runs it and found by this one.

    A turn that this very session is just starting is announced before its answer is there. So news
    waits until the starts under way have been answered; by then such a turn is followed already.

    ``in_order`` is for who attaches and subscribes, so that the command that came last counts.
    """

    most = 64
    """Conversations of one session: more than a person has open, and each costs a listener."""

    def __init__(
        self, feed: TurnFeed, user: UUID, queue: SendQueue, join: Callable[[TurnId], object]
    ) -> None:
        self._feed = feed
        self._user = user
        self._queue = queue
        self._join = join
        self.in_order = asyncio.Lock()
        self._conversations: dict[UUID, Callable[[], None]] = {}
        self._starting: set[str] = set()
        self._awaiting: dict[TurnId, set[str]] = {}
        self._origin: dict[UUID, UUID] = {}  # turns followed for their conversation's sake
        self._joined: set[UUID] = set()
        self._known: dict[UUID, None] = {}  # oldest first

    def is_full(self, conversation: UUID) -> bool:
        return len(self._conversations) >= self.most and conversation not in self._conversations

    def add(self, conversation: UUID) -> None:
        """Follow what starts in ``conversation`` from now on."""
        if conversation in self._conversations:
            return
        since = asyncio.get_running_loop().time()

        def hear(turn: TurnId, ended_at: float | None) -> None:
            if ended_at is None or ended_at > since:
                self._started(conversation, turn)

        self._conversations[conversation] = self._feed.follow_conversation(
            self._user, conversation, hear
        )

    def listed(self, turns: Iterable[UUID]) -> None:
        """The client was told that these run, so it attaches to them if it wants them."""
        for turn in turns:
            self._origin.pop(turn, None)
            self._know(turn)

    def remove(self, conversation: UUID) -> None:
        """Hear of it no more, and follow no more of its turns but those asked for by themselves."""
        stop = self._conversations.pop(conversation, None)
        if stop is None:
            return
        stop()
        for turn in [t for t, origin in self._origin.items() if origin == conversation]:
            del self._origin[turn]
            self._queue.unfollow(turn)

    def claim(self, turn: UUID) -> None:
        """``turn`` was asked for by itself: it stays when its conversation is left."""
        self._origin.pop(turn, None)
        self._know(turn)

    def wants(self, turn: UUID) -> bool:
        """Whether ``turn`` is still to be followed for its conversation's sake."""
        return turn in self._origin

    def joined(self, turn: UUID) -> None:
        """``turn`` is followed from now on, until it ends."""
        self._joined.add(turn)

    @contextmanager
    def starting(self, command_id: str) -> Iterator[None]:
        """While ``command_id`` starts a turn; it must be followed before this ends."""
        self._starting.add(command_id)
        try:
            yield
        finally:
            self._starting.discard(command_id)
            for turn, starts in list(self._awaiting.items()):
                starts.discard(command_id)
                if not starts:
                    del self._awaiting[turn]
                    self._consider(turn)

    def close(self) -> None:
        for stop in self._conversations.values():
            stop()
        self._conversations.clear()
        self._origin.clear()

    def _started(self, conversation: UUID, turn: TurnId) -> None:
        if turn in self._known:
            return
        self._know(turn)
        self._forget_ended()
        self._origin[turn] = conversation
        if self._starting:
            self._awaiting[turn] = set(self._starting)
        else:
            self._consider(turn)

    def _consider(self, turn: TurnId) -> None:
        if self._queue.follows(turn):
            self._origin.pop(turn, None)
        elif turn in self._origin:
            self._join(turn)

    def _know(self, turn: UUID) -> None:
        self._known[turn] = None
        while len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]

    def _forget_ended(self) -> None:
        for turn in [turn for turn in self._joined if not self._queue.follows(turn)]:
            self._joined.discard(turn)
            self._origin.pop(turn, None)
