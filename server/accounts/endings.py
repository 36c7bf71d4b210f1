"""Telling every process at once that a credential has ended; who misses it asks again in time."""

from collections.abc import Callable
from uuid import UUID

from msgspec import Struct

from server.persistence.bell import Bell


class Ended(Struct, frozen=True, kw_only=True):
    """A credential of the user whose channel says so."""

    credential: UUID


class Endings:
    """Whoever keeps something open on a credential's behalf listens here."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._listeners: list[Callable[[UUID], None]] = []
        bell.listen("credential.ended", Ended, lambda _, news: self._tell_here(news.credential))

    def listen(self, listener: Callable[[UUID], None]) -> None:
        """``listener`` is called on the loop and must not block."""
        self._listeners.append(listener)

    def tell(self, user: UUID, credential: UUID) -> None:
        """After the commit that ended it."""
        self._tell_here(credential)
        self._bell.tell_user(user, "credential.ended", Ended(credential=credential))

    def _tell_here(self, credential: UUID) -> None:
        for listener in self._listeners:
            listener(credential)
