"""What happens to a user's turns, for whoever wants to know: here, and by the bell elsewhere.

Keeps nothing. A process that was deaf for a while asks the database (``catchup.CatchUp``).
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import NamedTuple, TypeAlias
from uuid import UUID

from msgspec import Struct

from server.domain.ids import ConversationId, TurnId
from server.persistence.bell import Bell
from server.protocol.events import (
    BalanceChanged,
    ConversationUpdated,
    QuotaChanged,
    QuotaThreshold,
)

log = logging.getLogger(__name__)

QuotaEvent: TypeAlias = QuotaChanged | QuotaThreshold

UserEvent: TypeAlias = BalanceChanged | ConversationUpdated | QuotaEvent
"""News of a user beside turns: true when it is told, out of date some time later."""

TurnListener = Callable[[TurnId, float | None], None]
"""Hears of a turn, and when it ended (the loop's clock) if it was found only after that."""

UserListener = Callable[[UserEvent], None]


class Begun(Struct, frozen=True, kw_only=True):
    """A turn started in a conversation of the user whose channel says so."""

    conversation: ConversationId
    turn: TurnId


class Told(Struct, frozen=True, kw_only=True):
    event: UserEvent


class Followed(NamedTuple):
    user: UUID
    conversation: UUID


class TurnFeed:
    """Turns that start in a conversation, and news of a user beside turns.

    Listeners run on the loop and must not block. Each answers a function that ends it. The same
    turn may be told of more than once.
    """

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._conversations: dict[UUID, dict[UUID, set[Callable[..., None]]]] = {}
        self._users: dict[UUID, set[Callable[..., None]]] = defaultdict(set)
        bell.listen("turn.started", Begun, self._begun)
        bell.listen("user.told", Told, self._told)

    def follow_conversation(
        self, user: UUID, conversation: UUID, listener: TurnListener
    ) -> Callable[[], None]:
        """Hear of every turn that starts in ``conversation``, if it is this user's."""
        mine = self._conversations.setdefault(user, defaultdict(set))
        leave = _join(mine, conversation, listener)

        def stop() -> None:
            leave()
            if not mine and self._conversations.get(user) is mine:
                del self._conversations[user]

        return stop

    def follow_user(self, user: UUID, listener: UserListener) -> Callable[[], None]:
        """Hear of balance, quota and conversation changes of ``user``."""
        return _join(self._users, user, listener)

    def followed(self, users: Collection[UUID]) -> list[Followed]:
        """The conversations of ``users`` that somebody here follows."""
        return [
            Followed(user, conversation)
            for user in users
            for conversation in self._conversations.get(user, ())
        ]

    def turn_started(self, user: UUID, conversation: UUID, turn: TurnId) -> None:
        """Tell everybody, in every process."""
        self.turn_found(user, conversation, turn)
        news = Begun(conversation=ConversationId(conversation), turn=turn)
        self._bell.tell_user(user, "turn.started", news)

    def turn_found(
        self, user: UUID, conversation: UUID, turn: TurnId, ended_at: float | None = None
    ) -> None:
        """Tell those of this process only."""
        _tell_all(self._conversations.get(user, {}), conversation, turn, ended_at)

    def tell_user(self, user: UUID, event: UserEvent) -> None:
        """Tell everybody, in every process."""
        _tell_all(self._users, user, event)
        self._bell.tell_user(user, "user.told", Told(event=event))

    def _begun(self, user: UUID, news: Begun) -> None:
        self.turn_found(user, news.conversation, news.turn)

    def _told(self, user: UUID, news: Told) -> None:
        _tell_all(self._users, user, news.event)


def _tell_all(listeners: dict[UUID, set[Callable[..., None]]], key: UUID, *news: object) -> None:
    for listener in tuple(listeners.get(key, ())):
        try:
            listener(*news)
        except Exception:  # of one session; the turn that is told of has nothing to do with it
            log.exception("feed.listener_failed")


def _join(
    listeners: dict[UUID, set[Callable[..., None]]], key: UUID, listener: Callable[..., None]
) -> Callable[[], None]:
    listeners[key].add(listener)

    def leave() -> None:
        members = listeners.get(key)
        if members is not None:
            members.discard(listener)
            if not members:
                del listeners[key]

    return leave
