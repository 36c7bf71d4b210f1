"""Telling this process at once that a credential has ended; others find out when they ask again."""

from collections.abc import Callable
from uuid import UUID


class Endings:
    """Whoever keeps something open on a credential's behalf listens here."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[UUID], None]] = []

    def listen(self, listener: Callable[[UUID], None]) -> None:
        """``listener`` is called on the loop and must not block."""
        self._listeners.append(listener)

    def tell(self, credential: UUID) -> None:
        """After the commit that ended it."""
        for listener in self._listeners:
            listener(credential)
