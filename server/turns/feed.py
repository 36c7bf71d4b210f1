"""What happens to a user's turns, for whoever of this process wants to know. Keeps nothing."""

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from server.domain.ids import ConversationId, TurnId, UserId
from server.protocol.events import ServerEvent

log = logging.getLogger(__name__)

TurnListener = Callable[[TurnId], None]
UserListener = Callable[[ServerEvent], None]


class TurnFeed:
    """Turns that start in a conversation, and news of a user beside turns.

    Listeners run on the loop and must not block. Each answers a function that ends it.
    """

    def __init__(self) -> None:
        self._conversations: dict[UUID, set[TurnListener]] = defaultdict(set)
        self._users: dict[UUID, set[UserListener]] = defaultdict(set)

    def follow_conversation(
        self, conversation: ConversationId | UUID, listener: TurnListener
    ) -> Callable[[], None]:
        """Hear of every turn that starts in ``conversation``."""
        return _join(self._conversations, conversation, listener)

    def follow_user(self, user: UserId | UUID, listener: UserListener) -> Callable[[], None]:
        """Hear of balance, quota and conversation changes of ``user``."""
        return _join(self._users, user, listener)

    def turn_started(self, conversation: UUID, turn: TurnId) -> None:
        _tell_all(self._conversations, conversation, turn)

    def tell_user(self, user: UUID, event: ServerEvent) -> None:
        _tell_all(self._users, user, event)


def _tell_all(listeners: dict[UUID, set[Callable[[Any], None]]], key: UUID, news: object) -> None:
    for listener in tuple(listeners.get(key, ())):
        try:
            listener(news)
        except Exception:  # of one session; the turn that is told of has nothing to do with it
            log.exception("feed.listener_failed")


def _join(
    listeners: dict[UUID, set[Callable[[Any], None]]], key: UUID, listener: Callable[[Any], None]
) -> Callable[[], None]:
    listeners[key].add(listener)

    def leave() -> None:
        members = listeners.get(key)
        if members is not None:
            members.discard(listener)
            if not members:
                del listeners[key]

    return leave
